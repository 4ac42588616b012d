import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef } from 'vue'
import * as chatrooms from '@/api/chatrooms'
import { problemOf, type Problem } from '@/api/problem'
import type { Message, MessageKind, NewMessage, Sticker, Upload } from '@/api/types'
import * as uploads from '@/api/uploads'
import { newId } from '@/lib/id'
import { drop, keep, kept } from '@/lib/keep'
import * as box from '@/lib/outbox'
import { keys, load, save } from '@/lib/storage'
import { TEXT_MAX } from '@/lib/text'
import { request } from '@/live/socket'
import { useMessages } from './messages'
import { useRooms } from './rooms'
import { useSession } from './session'
import { useStickerUploads } from './stickerUploads'

/** A file to send, with what the browser knows of it. */
export interface Attachment {
  file: File
  kind: MessageKind
  width: number | null
  height: number | null
  /** The object URL under which this page shows it. */
  preview: string
  /** Of a sound that is shown as a voice message. */
  voice?: Voice
  /** Of a picture that is shown as a sticker. */
  sticker?: Sticker
}

/** How long a voice message is, and how loud along its length, in bars of 0 to 31. */
export interface Voice {
  duration_ms: number
  waveform: number[]
}

/** A message in the outbox. */
export type OutboxEntry = box.Outgoing<Attachment, Upload>

/** What a message has beside its content. */
type Extras = Pick<OutboxEntry, 'reply' | 'mentions' | 'silent' | 'album'>
const NO_EXTRAS: Extras = { reply: null, mentions: [] }

/** The messages that the server has not acknowledged, sent in order within each room. */
export const useOutbox = defineStore('outbox', () => {
  const session = useSession()
  const rooms = useRooms()
  const messages = useMessages()
  const stickers = useStickerUploads()
  const queue = shallowRef<readonly OutboxEntry[]>([])
  /** The messages with files that the browser keeps for the next visit. */
  const keptFiles = shallowReactive(new Set<string>())
  /** Whether files wait or are on their way, which are lost when the page is left. */
  const losesFiles = computed(() =>
    queue.value.some(({ id, file, state }) => file !== null && state !== 'failed' && !keptFiles.has(id)),
  )
  /** The longest text in code points, as far as the server has said. */
  const textMax = ref(TEXT_MAX)
  /** The largest file in bytes, as far as the server has refused one. */
  const fileMax = ref(Infinity)
  /** The object URLs of sent pictures by `client_msg_id`, still shown so that they do not flicker. */
  const previews = new Map<string, string>()
  const aborts = new Map<string, AbortController>()
  let timer: ReturnType<typeof setTimeout> | undefined

  const has = (id: string) => queue.value.some((entry) => entry.id === id)
  const inRoom = (room: string) => queue.value.filter((entry) => entry.room === room)

  /** Sends a text. */
  function sendText(room: string, text: string, extras: Extras = NO_EXTRAS): void {
    add({ room, text, file: null, ...extras })
  }

  /** Sends a file with an optional caption. */
  function sendFile(room: string, file: Attachment, caption: string, extras: Extras = NO_EXTRAS): void {
    const id = add({ room, text: caption, file, ...extras })
    previews.set(id, file.preview)
  }

  function add(
    content: Pick<OutboxEntry, 'room' | 'text' | 'file' | 'reply' | 'mentions' | 'silent' | 'album'>,
  ): string {
    const id = newId()
    const entry: OutboxEntry = {
      ...content,
      id,
      uploaded: null,
      createdAt: Date.now(),
      state: 'queued',
      progress: 0,
      attempts: 0,
      notBefore: 0,
      error: null,
    }
    queue.value = box.enqueue(queue.value, entry)
    store(entry)
    sendDue()
    return id
  }

  const keyOf = (id: string) => `outbox.${session.me}.${id}`

  // A message stays in the browser's storage as long as it is queued here.
  function store({ id }: OutboxEntry): void {
    const entry = queue.value.find((other) => other.id === id)
    if (!entry?.file) save(keyOf(id), entry ?? null)
    else void keepFile(id, entry)
  }

  async function keepFile(id: string, entry: OutboxEntry): Promise<void> {
    if (!(await keep(keyOf(id), { ...entry }))) return
    // It may have been sent meanwhile.
    if (has(id)) keptFiles.add(id)
    else void drop(keyOf(id))
  }

  /** Queues what the last visit could not send; of several tabs one does, and the next when that is closed. */
  async function restore(): Promise<void> {
    // Locks exist on secure origins only, not on plain HTTP in a home network.
    const locks = navigator.locks as LockManager | undefined
    if (!locks) return restoreHere()
    await locks.request('chatroom-outbox', async () => {
      await restoreHere()
      await new Promise(() => undefined)
    })
  }

  async function restoreHere(): Promise<void> {
    const prefix = keyOf('')
    const files = (await kept(prefix)).filter(isEntry).map(withPreview)
    const found = [...keys(prefix).map(load).filter(isEntry), ...files]
    for (const entry of found.sort((a, b) => a.createdAt - b.createdAt)) {
      if (has(entry.id)) continue
      if (entry.file) {
        previews.set(entry.id, entry.file.preview)
        keptFiles.add(entry.id)
      }
      const state = entry.state === 'failed' ? 'failed' : 'queued'
      queue.value = box.enqueue(queue.value, { ...NO_EXTRAS, ...entry, state, notBefore: 0 })
    }
    sendDue()
  }

  /** Attempts every queued message now. */
  function sendAll(): void {
    queue.value = box.makeDue(queue.value)
    sendDue()
  }

  function sendDue(): void {
    clearTimeout(timer)
    for (const entry of box.due(queue.value, Date.now())) void attempt(entry)
    const wait = box.nextDueIn(queue.value, Date.now())
    if (wait !== null) timer = setTimeout(sendDue, Math.max(wait, 50))
  }

  async function attempt(entry: OutboxEntry): Promise<void> {
    const change = (part: Partial<OutboxEntry>) => (queue.value = box.update(queue.value, entry.id, part))
    const sticker = entry.file?.sticker
    const known = (sticker && stickers.of(sticker)) ?? null
    try {
      const uploaded = known ?? (entry.file ? await upload(entry, entry.file, change) : null)
      if (!has(entry.id)) return
      change({ state: 'sending', uploaded })
      sent(await send(entry.room, messageOf(entry, uploaded)))
      if (sticker && uploaded) stickers.keep(sticker, uploaded)
    } catch (thrown) {
      const problem = problemOf(thrown)
      if (sticker && known && box.outcomeOf(problem.status, problem.code).kind === 'permanent') {
        // The server has no such file any more: no message has shown it for long.
        stickers.forget(sticker)
        change({ state: 'queued', uploaded: null })
        sendDue()
      } else settle(entry, problem)
    } finally {
      aborts.delete(entry.id)
    }
  }

  async function upload(
    entry: OutboxEntry,
    { file }: Attachment,
    change: (part: Partial<OutboxEntry>) => void,
  ): Promise<Upload> {
    if (entry.uploaded) return entry.uploaded
    const abort = new AbortController()
    aborts.set(entry.id, abort)
    change({ state: 'uploading', progress: 0 })
    return uploads.messageFile(file, { progress: (part) => change({ progress: part }), signal: abort.signal })
  }

  function settle(entry: OutboxEntry, { status, code, fields, retryAfter }: Problem): void {
    const tooLong = [fields['content'], fields['caption']].find((error) => error?.type === 'string_too_long')
    textMax.value = tooLong?.max ?? textMax.value
    if (code === 'too_large' && entry.file) fileMax.value = Math.min(fileMax.value, entry.file.file.size - 1)
    const outcome = box.outcomeOf(status, tooLong?.type ?? code, retryAfter)
    queue.value = box.settle(queue.value, entry.id, outcome, Date.now())
    store(entry)
    sendDue()
  }

  /** Takes a message of the user, from an acknowledgement or an event; it leaves the outbox. */
  function sent(message: Message): void {
    messages.receive(message)
    rooms.receive(message)
    if (message.client_msg_id) remove(message.client_msg_id)
  }

  /** Queues a failed message again, after the others. */
  function retry(id: string): void {
    queue.value = box.retry(queue.value, id, Date.now())
    sendDue()
  }

  /** Removes a message that was not sent, and cancels its upload. */
  function discard(id: string): void {
    remove(id)
    URL.revokeObjectURL(previews.get(id) ?? '')
    previews.delete(id)
  }

  /** Removes what was not sent to a room that the user has left. */
  function discardAll(room: string): void {
    inRoom(room).forEach(({ id }) => discard(id))
  }

  function remove(id: string): void {
    aborts.get(id)?.abort()
    queue.value = box.discard(queue.value, id)
    save(keyOf(id), null)
    if (keptFiles.delete(id)) void drop(keyOf(id))
    sendDue()
  }

  return {
    queue,
    previews,
    losesFiles,
    textMax,
    fileMax,
    inRoom,
    sendText,
    sendFile,
    restore,
    sendAll,
    sent,
    retry,
    discard,
    discardAll,
  }
})

function messageOf(entry: OutboxEntry, uploaded: Upload | null): NewMessage {
  const common = {
    client_msg_id: entry.id,
    ...(entry.reply && { reply_to: entry.reply.message_id }),
    ...(entry.silent && { silent: true }),
    ...(entry.mentions.length > 0 && { mentions: [...entry.mentions] }),
  }
  if (!uploaded) return { content: entry.text, message_type: 'text', ...common }
  const { url, message_type } = uploaded
  const caption = entry.text ? { caption: entry.text } : {}
  const voice =
    entry.file?.voice && message_type === 'audio' ? { kind: 'voice' as const, ...entry.file.voice } : {}
  const { sticker } = entry.file ?? {}
  const shown = sticker && message_type === 'image' ? { kind: 'sticker' as const, sticker } : voice
  const album = entry.album ? { album_id: entry.album } : {}
  return { content: url, media_url: url, message_type, ...caption, ...shown, ...album, ...common }
}

async function send(room: string, message: NewMessage): Promise<Message> {
  const rest = async () => ({ message: await chatrooms.send(room, message) })
  const answer = await request('send_message', { chatroom_id: room, ...message }, rest)
  return answer.message
}

/** A message that was kept, with a new object URL for its file. */
function withPreview(entry: OutboxEntry): OutboxEntry {
  if (!entry.file) return entry
  return { ...entry, file: { ...entry.file, preview: URL.createObjectURL(entry.file.file) } }
}

function isEntry(value: unknown): value is OutboxEntry {
  return typeof value === 'object' && value !== null && 'id' in value && 'room' in value && 'text' in value
}

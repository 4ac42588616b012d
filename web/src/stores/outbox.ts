import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import * as chatrooms from '@/api/chatrooms'
import { problemOf } from '@/api/problem'
import type { Message, MessageType, NewMessage, Uploaded } from '@/api/types'
import * as uploads from '@/api/uploads'
import { newId } from '@/lib/id'
import * as box from '@/lib/outbox'
import { keys, load, save } from '@/lib/storage'
import { ask, connected } from '@/live/socket'
import { useMessages } from './messages'
import { useRooms } from './rooms'
import { useSession } from './session'

/** A file on its way, with what is known of it before the server has seen it. */
export interface Attachment {
  file: File
  kind: MessageType
  width: number | null
  height: number | null
  /** The object URL under which this page shows it. */
  preview: string
}

/** A message on its way. */
export type Entry = box.Outgoing<Attachment, Uploaded>

/** The messages on their way out, sent in order within each room. */
export const useOutbox = defineStore('outbox', () => {
  const session = useSession()
  const rooms = useRooms()
  const messages = useMessages()
  const queue = shallowRef<readonly Entry[]>([])
  /** What this page showed of a picture while it was sent; shown on, so that nothing flickers. */
  const previews = new Map<string, string>()
  const aborts = new Map<string, AbortController>()
  let timer: ReturnType<typeof setTimeout> | undefined

  const inRoom = (room: string) => queue.value.filter((entry) => entry.room === room)

  /** Sends a text. */
  function sendText(room: string, text: string): void {
    add({ room, text, file: null })
  }

  /** Sends a file with an optional caption. */
  function sendFile(room: string, file: Attachment, caption: string): void {
    const id = add({ room, text: caption, file })
    previews.set(id, file.preview)
  }

  function add(what: { room: string; text: string; file: Attachment | null }): string {
    const id = newId()
    const entry: Entry = {
      ...what,
      id,
      uploaded: null,
      createdAt: Date.now(),
      state: 'queued',
      progress: 0,
      attempts: 0,
      notBefore: 0,
      fault: null,
    }
    queue.value = box.enqueue(queue.value, entry)
    if (!entry.file) save(keyOf(id), entry)
    pump()
    return id
  }

  const keyOf = (id: string) => `outbox.${session.me}.${id}`

  /** Takes up the texts that the last visit could not send. */
  function restore(): void {
    const found = keys(`outbox.${session.me}.`).map(load).filter(isEntry)
    for (const entry of found.sort((a, b) => a.createdAt - b.createdAt)) {
      const state = entry.state === 'failed' ? 'failed' : 'queued'
      queue.value = box.enqueue(queue.value, { ...entry, state, notBefore: 0 })
    }
    pump()
  }

  /** Tries everything that waits, now. */
  function hurry(): void {
    queue.value = box.hurry(queue.value)
    pump()
  }

  function pump(): void {
    clearTimeout(timer)
    for (const entry of box.nextUp(queue.value, Date.now())) void work(entry)
    const wait = box.wakeIn(queue.value, Date.now())
    if (wait !== null) timer = setTimeout(pump, Math.max(wait, 50))
  }

  async function work(entry: Entry): Promise<void> {
    const change = (part: Partial<Entry>) => (queue.value = box.update(queue.value, entry.id, part))
    let outcome: box.Outcome
    try {
      const uploaded = entry.file ? await upload(entry, entry.file, change) : null
      change({ state: 'sending', uploaded })
      const sent = await deliver(entry.room, messageOf(entry, uploaded))
      if (sent) arrived(sent)
      outcome = { kind: 'sent' }
    } catch (thrown) {
      const { status, code, retryAfter } = problemOf(thrown)
      outcome = box.outcomeOf(status, code, retryAfter)
    }
    aborts.delete(entry.id)
    queue.value = box.settle(queue.value, entry.id, outcome, Date.now())
    remember(entry)
    pump()
  }

  async function upload(entry: Entry, file: Attachment, change: (part: Partial<Entry>) => void) {
    if (entry.uploaded) return entry.uploaded
    const abort = new AbortController()
    aborts.set(entry.id, abort)
    change({ state: 'uploading', progress: 0 })
    const progress = (part: number) => change({ progress: part })
    return uploads.messageFile(file.file, { progress, signal: abort.signal })
  }

  // What waited in the browser's storage is kept there as long as it waits here.
  function remember(entry: Entry): void {
    if (entry.file) return
    save(keyOf(entry.id), queue.value.find((other) => other.id === entry.id) ?? null)
  }

  /** Takes in a message of one's own, whoever brought the news of it. */
  function arrived(message: Message): void {
    messages.receive(message)
    rooms.received(message)
    if (message.sender_id === session.me && message.client_msg_id) discard(message.client_msg_id)
  }

  /** Sends a failed message again, after those that wait. */
  function retry(id: string): void {
    queue.value = box.retry(queue.value, id, Date.now())
    pump()
  }

  /** Gives a message up. */
  function discard(id: string): void {
    aborts.get(id)?.abort()
    queue.value = box.discard(queue.value, id)
    save(keyOf(id), null)
    pump()
  }

  return { queue, previews, inRoom, sendText, sendFile, restore, hurry, arrived, retry, discard }
})

function messageOf(entry: Entry, uploaded: Uploaded | null): NewMessage {
  if (!uploaded) return { content: entry.text, message_type: 'text', client_msg_id: entry.id }
  const { url, message_type } = uploaded
  const caption = entry.text ? { caption: entry.text } : {}
  return { content: url, media_url: url, message_type, ...caption, client_msg_id: entry.id }
}

// Over the socket first; whatever is not a plain yes is asked again over REST, whose status tells what kind of no it is.
async function deliver(room: string, message: NewMessage): Promise<Message | null> {
  if (connected()) {
    try {
      const { message: sent } = await ask<{ message: Message }>('send_message', {
        chatroom_id: room,
        ...message,
      })
      return sent
    } catch {
      // The same client_msg_id makes the second attempt harmless.
    }
  }
  return chatrooms.send(room, message)
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && 'id' in value && 'room' in value && 'text' in value
}

import { computed, onScopeDispose } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Sticker } from '@/api/types'
import { newId } from '@/lib/id'
import { imeGuard } from '@/lib/ime'
import { codePoints } from '@/lib/text'
import { quoteOf } from '@/lib/message'
import { useAttachments } from '@/stores/attachments'
import { useComposing } from '@/stores/composing'
import { useDrafts } from '@/stores/drafts'
import { useMessages } from '@/stores/messages'
import { useNotices } from '@/stores/notices'
import { useOutbox, type Attachment } from '@/stores/outbox'
import { useScheduled } from '@/stores/scheduled'
import { useSession } from '@/stores/session'
import { useStickers } from '@/stores/stickers'
import { useTyping } from '@/stores/typing'
import { isEditable } from './messageMenu'
import { useAction } from './useAction'
import { useAttach } from './useAttach'
import type { Recording } from './useVoiceRecorder'
import { useMentionsOf } from './useMentions'

/** The most messages that the server takes in an album. */
const ALBUM_MAX = 20

/** The composer of a room: its draft, its attachments, and sending both. */
export function useComposer(room: string) {
  const drafts = useDrafts()
  const outbox = useOutbox()
  const typing = useTyping()
  const notices = useNotices()
  const attachments = useAttachments()
  const composing = useComposing()
  const messages = useMessages()
  const session = useSession()
  const scheduled = useScheduled()
  const stickers = useStickers()
  const { run } = useAction()
  const mentionsOf = useMentionsOf(room)
  const { t, n } = useI18n()
  const items = computed(() => attachments.of(room))
  const now = computed(() => composing.of(room))
  /** The text of the edit, or else the draft, which is kept meanwhile. */
  const text = computed(() => (now.value?.kind === 'edit' ? now.value.text : drafts.of(room)))
  const guard = imeGuard()
  /** What is wrong with the text, which is then kept and not sent. */
  const problem = computed(() => {
    const [count, max] = [codePoints(text.value.trim()), outbox.textMax]
    return count > max ? t('composer.tooLong', { count: n(count), max: n(max) }) : null
  })

  const empty = computed(() => text.value.trim() === '' && items.value.length === 0)
  const editing = computed(() => now.value?.kind === 'edit')
  // The caption of a file that is edited may become empty.
  const captioned = computed(() => editing.value && now.value?.message.message_type !== 'text')
  const ready = computed(() => !problem.value && (!empty.value || captioned.value))

  // On touch screens Enter inserts a line break; a button sends.
  const touch = matchMedia('(hover: none) and (pointer: coarse)')

  function write(value: string): void {
    if (now.value?.kind === 'edit') {
      composing.write(room, value)
      return
    }
    drafts.set(room, value)
    if (value.trim()) typing.start(room)
    else typing.stop(room)
  }

  const attachTo = useAttach()
  const attach = (files: readonly File[]) => attachTo(room, files)
  const detach = (id: string) => attachments.remove(room, id)

  /** Sends the attachments and the text, which is the caption of the last attachment if there is one. */
  function send(silent = false): boolean {
    if (problem.value) return false
    if (now.value?.kind === 'edit') {
      void run('edit', () => composing.save(room, mentionsOf(text.value.trim())))
      return true
    }
    const content = text.value.trim()
    const files = attachments.take(room)
    if (!content && files.length === 0) return false
    const reply = now.value ? quoteOf(now.value.message) : null
    const mentions = mentionsOf(content)
    const shown = files.filter(({ kind }) => kind === 'image' || kind === 'video')
    const albums = shown.length > 1 ? shown.map(() => newId()) : []
    files.forEach((file, index) => {
      const last = index === files.length - 1
      const extras = {
        reply: index === 0 ? reply : null,
        mentions: last ? mentions : [],
        silent,
        album: albums[Math.floor(shown.indexOf(file) / ALBUM_MAX)],
      }
      outbox.sendFile(room, file, last ? content : '', extras)
    })
    if (files.length === 0) outbox.sendText(room, content, { reply, mentions, silent })
    composing.end(room)
    write('')
    return true
  }

  /** Sends the text at a time. */
  async function schedule(time: Date): Promise<void> {
    const content = text.value.trim()
    const reply = now.value?.kind === 'reply' ? { reply_to: now.value.message.message_id } : {}
    const mentions = mentionsOf(content)
    const message = { content, message_type: 'text' as const, client_msg_id: newId(), mentions, ...reply }
    if (!(await run('schedule', () => scheduled.add(room, message, time)))) return
    composing.end(room)
    write('')
    notices.show(t('composer.schedule.done'))
  }

  /** Sends a voice message. */
  function sendVoice({ file, ...voice }: Recording): void {
    const preview = URL.createObjectURL(file)
    sendAlone({ file, kind: 'audio', width: null, height: null, preview, voice })
  }

  /** Sends a sticker; what is written meanwhile stays. */
  async function sendSticker(sticker: Sticker): Promise<void> {
    const attachment = await stickers.attachmentOf(sticker)
    if (attachment) sendAlone(attachment)
  }

  /** Sends a file that has no text, as the answer if one is being written. */
  function sendAlone(file: Attachment): void {
    const reply = now.value?.kind === 'reply' ? quoteOf(now.value.message) : null
    outbox.sendFile(room, file, '', { reply, mentions: [] })
    if (reply) composing.end(room)
  }

  /** Whether a key sends, rather than belonging to the input method or inserting a line break. */
  function isSend(event: KeyboardEvent): boolean {
    if (event.key !== 'Enter' || guard.owns(event)) return false
    if (event.ctrlKey || event.metaKey) return true
    return !event.shiftKey && !event.altKey && !touch.matches
  }

  /** Whether a key edits or answers a message, or ends that: arrows in an empty composer, and Escape. */
  function onKey(event: KeyboardEvent): boolean {
    if (guard.owns(event)) return false
    if (event.key === 'Escape' && now.value) {
      composing.end(room)
      return true
    }
    // With another key the arrows go from room to room.
    if (event.altKey || event.ctrlKey || event.metaKey) return false
    if (event.key !== 'ArrowUp' || text.value !== '' || now.value) return false
    const all = messages.of(room).messages
    const last = event.shiftKey
      ? all.findLast((message) => !message.deleted && !message.system)
      : all.findLast((message) => isEditable(message, message.sender_id === session.me))
    if (!last) return false
    if (event.shiftKey) composing.reply(last)
    else composing.edit(last)
    return true
  }

  onScopeDispose(() => typing.stop(room))

  const endComposing = () => composing.end(room)

  return {
    text,
    problem,
    items,
    composing: now,
    empty,
    editing,
    ready,
    guard,
    write,
    attach,
    detach,
    send,
    sendVoice,
    sendSticker,
    schedule,
    isSend,
    onKey,
    endComposing,
  }
}

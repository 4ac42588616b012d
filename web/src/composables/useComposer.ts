import { onScopeDispose, ref } from 'vue'
import { imeGuard } from '@/lib/ime'
import { useDrafts } from '@/stores/drafts'
import { useOutbox } from '@/stores/outbox'
import { useTyping } from '@/stores/typing'
import { useAttachments } from './useAttachments'

/** The composer of a room: its draft, its attachments, and sending both. */
export function useComposer(room: string) {
  const drafts = useDrafts()
  const outbox = useOutbox()
  const typing = useTyping()
  const tray = useAttachments()
  const text = ref(drafts.of(room))
  const guard = imeGuard()

  // On touch screens Enter inserts a line break; a button sends.
  const touch = matchMedia('(hover: none) and (pointer: coarse)')

  function write(value: string): void {
    text.value = value
    drafts.set(room, value)
    if (value.trim()) typing.start(room)
    else typing.stop(room)
  }

  /** Sends the attachments and the text, which is the caption of the last attachment if there is one. */
  function send(): boolean {
    const content = text.value.trim()
    const files = tray.take()
    if (!content && files.length === 0) return false
    files.forEach((file, index) => outbox.sendFile(room, file, index === files.length - 1 ? content : ''))
    if (files.length === 0) outbox.sendText(room, content)
    write('')
    return true
  }

  /** Whether a key sends, rather than belonging to the input method or inserting a line break. */
  function isSend(event: KeyboardEvent): boolean {
    if (event.key !== 'Enter' || guard.owns(event)) return false
    if (event.ctrlKey || event.metaKey) return true
    return !event.shiftKey && !event.altKey && !touch.matches
  }

  onScopeDispose(() => typing.stop(room))

  return { text, tray, guard, write, send, isSend }
}

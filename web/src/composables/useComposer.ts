import { onScopeDispose, ref } from 'vue'
import { imeGuard } from '@/lib/ime'
import { useDrafts } from '@/stores/drafts'
import { useOutbox } from '@/stores/outbox'
import { useTyping } from '@/stores/typing'
import { useAttachments } from './useAttachments'

/** What is being written in a room: the draft, the tray of files, and sending both. */
export function useComposer(room: string) {
  const drafts = useDrafts()
  const outbox = useOutbox()
  const typing = useTyping()
  const tray = useAttachments()
  const text = ref(drafts.of(room))
  const guard = imeGuard()

  // On a phone Enter makes a new line; there is a button to send.
  const touch = matchMedia('(hover: none) and (pointer: coarse)')

  function write(value: string): void {
    text.value = value
    drafts.set(room, value)
    if (value.trim()) typing.typing(room)
    else typing.stopped(room)
  }

  /** Sends the files in the tray, then the text; with files, the text is the caption of the last one. */
  function send(): boolean {
    const words = text.value.trim()
    const files = tray.take()
    if (!words && files.length === 0) return false
    files.forEach((file, index) => outbox.sendFile(room, file, index === files.length - 1 ? words : ''))
    if (files.length === 0) outbox.sendText(room, words)
    write('')
    return true
  }

  /** Whether the key is a wish to send, and not the input method's or one for a new line. */
  function isSend(event: KeyboardEvent): boolean {
    if (event.key !== 'Enter' || guard.owns(event)) return false
    if (event.ctrlKey || event.metaKey) return true
    return !event.shiftKey && !event.altKey && !touch.matches
  }

  onScopeDispose(() => typing.stopped(room))

  return { text, tray, guard, write, send, isSend }
}

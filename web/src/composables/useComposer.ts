import { computed, onScopeDispose } from 'vue'
import { useI18n } from 'vue-i18n'
import { imeGuard } from '@/lib/ime'
import { codePoints } from '@/lib/text'
import { useAttachments } from '@/stores/attachments'
import { useDrafts } from '@/stores/drafts'
import { useNotices } from '@/stores/notices'
import { useOutbox } from '@/stores/outbox'
import { useTyping } from '@/stores/typing'

/** The composer of a room: its draft, its attachments, and sending both. */
export function useComposer(room: string) {
  const drafts = useDrafts()
  const outbox = useOutbox()
  const typing = useTyping()
  const notices = useNotices()
  const attachments = useAttachments()
  const { t, n } = useI18n()
  const items = computed(() => attachments.of(room))
  const text = computed(() => drafts.of(room))
  const guard = imeGuard()
  /** What is wrong with the text, which is then kept and not sent. */
  const problem = computed(() => {
    const [count, max] = [codePoints(text.value.trim()), outbox.textMax]
    return count > max ? t('composer.tooLong', { count: n(count), max: n(max) }) : null
  })

  // On touch screens Enter inserts a line break; a button sends.
  const touch = matchMedia('(hover: none) and (pointer: coarse)')

  function write(value: string): void {
    drafts.set(room, value)
    if (value.trim()) typing.start(room)
    else typing.stop(room)
  }

  /** Adds files to send, and says which of them cannot be read. */
  async function attach(files: readonly File[]): Promise<void> {
    for (const { name } of await attachments.add(room, files)) {
      notices.show(t('composer.unreadable', { name }), 'error')
    }
  }

  const detach = (id: string) => attachments.remove(room, id)

  /** Sends the attachments and the text, which is the caption of the last attachment if there is one. */
  function send(): boolean {
    if (problem.value) return false
    const content = text.value.trim()
    const files = attachments.take(room)
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

  return { text, problem, items, guard, write, attach, detach, send, isSend }
}

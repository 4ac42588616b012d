import { useI18n } from 'vue-i18n'
import type { Message } from '@/api/types'
import { useSession } from '@/stores/session'

/** Returns the one line by which a list, or a reader of screens, names a message. */
export function usePreview() {
  const { t } = useI18n()
  const session = useSession()

  function content(message: Message): string {
    if (message.message_type === 'text') return message.content ?? ''
    const kind = t(`kinds.${message.message_type}`)
    return message.caption ? `${kind} ${message.caption}` : kind
  }

  function line(message: Message, group: boolean, name: string): string {
    if (message.sender_id === session.me) return t('rooms.you', { text: content(message) })
    return group && name ? `${name}: ${content(message)}` : content(message)
  }

  return { content, line }
}

import { useI18n } from 'vue-i18n'
import type { Message, Quote } from '@/api/types'
import { useSession } from '@/stores/session'
import { useStickerName } from './useStickerName'
import { useSystemText } from './useSystemText'

/** Returns the texts of one line for messages, in lists and for screen readers. */
export function usePreview() {
  const { t } = useI18n()
  const session = useSession()
  const system = useSystemText()
  const stickerName = useStickerName()

  function content(message: Message): string {
    if (message.deleted) return t('messages.unsent')
    if (message.system) return system(message.system)
    if (message.message_type === 'text') return message.content
    const kind =
      message.kind === 'sticker' ? stickerName(message.sticker) : t(`kinds.${message.message_type}`)
    return message.caption ? `${kind} ${message.caption}` : kind
  }

  /** Who unsent a message. */
  function unsent(message: Message, name: string): string {
    return message.sender_id === session.me ? t('messages.unsentByYou') : t('messages.unsentBy', { name })
  }

  /** The text of a quote. */
  function quoted({ deleted, message_type, content: text }: Quote): string {
    if (deleted) return t('messages.quoteGone')
    if (message_type === 'text') return text
    const kind = t(`kinds.${message_type}`)
    return text ? `${kind} ${text}` : kind
  }

  function line(message: Message, group: boolean, name: string): string {
    if (message.deleted) return unsent(message, name)
    if (message.system) return system(message.system)
    if (message.sender_id === session.me) return t('rooms.you', { text: content(message) })
    return group && name ? `${name}: ${content(message)}` : content(message)
  }

  return { content, unsent, quoted, line }
}

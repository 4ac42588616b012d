import type { Message } from '@/api/types'

type ReadState = Pick<Message, 'read_status' | 'read_by_count'>
type Content = Pick<Message, 'content' | 'caption' | 'message_type'>
type Quoting = Pick<Message, 'reply_to'>

const STATUSES = ['unread', 'delivered', 'read'] as const

/** An updated message with the most advanced read state; an event that all members receive alike carries none. */
export function keepReadState<M extends ReadState>(known: M, updated: M): M {
  const status = Math.max(STATUSES.indexOf(known.read_status), STATUSES.indexOf(updated.read_status))
  return {
    ...updated,
    read_status: STATUSES[status] ?? updated.read_status,
    read_by_count: Math.max(known.read_by_count, updated.read_by_count),
  }
}

/** The text of a message, or the caption of its file. */
export function textOf({ message_type, content, caption }: Content): string {
  return (message_type === 'text' ? content : caption) ?? ''
}

/** The code points of a message that a quote shows. */
const QUOTE_LENGTH = 120

/** Updates the quotes of a message; null where the message is hidden. Returns the same list if nothing quotes it. */
export function updateQuotes<M extends Quoting>(
  messages: readonly M[],
  id: number,
  quoted: (Content & Pick<Message, 'deleted'>) | null,
): readonly M[] {
  const quotes = ({ reply_to }: M) => reply_to?.message_id === id
  if (!messages.some(quotes)) return messages
  const quote =
    quoted === null || quoted.deleted
      ? { content: '', message_type: 'text', deleted: true }
      : {
          content: [...textOf(quoted)].slice(0, QUOTE_LENGTH).join(''),
          message_type: quoted.message_type,
          deleted: false,
        }
  return messages.map((message) =>
    quotes(message) ? { ...message, reply_to: { ...message.reply_to, ...quote } } : message,
  )
}

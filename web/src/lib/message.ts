import type { Message, Quote } from '@/api/types'

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

/** What a quote of a message shows of its content. */
function quotedContent(message: Content): Pick<Quote, 'content' | 'message_type'> {
  const content = [...textOf(message)].slice(0, QUOTE_LENGTH).join('')
  return { content, message_type: message.message_type }
}

/** The quote of a message, as the server makes it. */
export function quoteOf(message: Message): Quote {
  const { message_id, seq, sender_id, user, deleted } = message
  return { message_id, seq, sender_id, user, deleted, ...quotedContent(message) }
}

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
      : { ...quotedContent(quoted), deleted: false }
  return messages.map((message) =>
    quotes(message) ? { ...message, reply_to: { ...message.reply_to, ...quote } } : message,
  )
}

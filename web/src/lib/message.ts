/** What a message says of who has read it. */
interface Read {
  read_status: 'unread' | 'delivered' | 'read'
  read_by_count: number
}

const STEPS = ['unread', 'delivered', 'read'] as const

/**
 * What comes in, with what is known of who has read it: what all members hear alike does not tell, and nobody unreads.
 */
export function joined<M extends Read>(known: M, news: M): M {
  const step = Math.max(STEPS.indexOf(known.read_status), STEPS.indexOf(news.read_status))
  return {
    ...news,
    read_status: STEPS[step] ?? news.read_status,
    read_by_count: Math.max(known.read_by_count, news.read_by_count),
  }
}

/** What a message says; of an unsent one nothing. */
interface Said {
  content: string | null
  caption: string | null
  message_type: string
  deleted: boolean
}

/** The words of a message: its text, or what stands under its file. */
export function wordsOf({ message_type, content, caption }: Omit<Said, 'deleted'>): string {
  return (message_type === 'text' ? content : caption) ?? ''
}

/** Something that may quote a message. */
interface Quoting {
  reply_to: { message_id: number; content: string | null; message_type: string; deleted: boolean } | null
}

/** How much of a message a quote shows. */
const QUOTED = 120

/** Changes what quotes a message into what became of it, null where the reader sees it no more. */
export function requoted<M extends Quoting>(
  messages: readonly M[],
  id: number,
  now: Said | null,
): readonly M[] {
  const quotes = ({ reply_to }: M) => reply_to?.message_id === id
  if (!messages.some(quotes)) return messages
  const shown =
    now === null || now.deleted
      ? { content: '', message_type: 'text', deleted: true }
      : {
          content: [...wordsOf(now)].slice(0, QUOTED).join(''),
          message_type: now.message_type,
          deleted: false,
        }
  return messages.map((message) =>
    quotes(message) ? { ...message, reply_to: { ...message.reply_to, ...shown } } : message,
  )
}

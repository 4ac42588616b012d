import { dayKey } from './time'

/** What the timeline needs to know of a message that the server has stored. */
export interface Stored {
  message_id: number
  seq: number
  sender_id: number
  timestamp: string
  client_msg_id: string | null
  /** Whether it was unsent; it then stands by itself. */
  deleted?: boolean
}

/** What the timeline needs to know of a message that waits to be sent. */
export interface Waiting {
  id: string
  createdAt: number
}

/** One line of the timeline as it is drawn. */
export type Row<S extends Stored, W extends Waiting> =
  | { kind: 'day'; key: string; time: string }
  | { kind: 'unread'; key: string }
  | { kind: 'message'; key: string; message: S; first: boolean; last: boolean }
  | { kind: 'waiting'; key: string; entry: W; first: boolean; last: boolean }

/** Messages of one sender that follow each other within this time form one group. */
export const GROUP_MS = 5 * 60_000

/** Merges messages into a list ordered by `seq`, each once; `join` makes one of what was there and what comes in. */
export function merge<S extends Stored>(
  have: readonly S[],
  incoming: readonly S[],
  join: (known: S, news: S) => S = (_, news) => news,
): readonly S[] {
  if (incoming.length === 0) return have
  const last = have.at(-1)
  const only = incoming[0]
  if (incoming.length === 1 && only && (!last || only.seq > last.seq)) return [...have, only]
  const bySeq = new Map<number, S>()
  for (const message of have) bySeq.set(message.seq, message)
  for (const message of incoming) {
    const known = bySeq.get(message.seq)
    bySeq.set(message.seq, known ? join(known, message) : message)
  }
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq)
}

/** The places between messages that follow each other in a list. */
export function between(seqs: readonly number[]): number[] {
  return seqs.slice(1).flatMap((seq, index) => {
    const from = (seqs[index] ?? seq) + 1
    return Array.from({ length: Math.max(0, seq - from) }, (_, step) => from + step)
  })
}

type Seqs = ReadonlySet<number>
const NONE: Seqs = new Set()

/** The last message before the first gap, or null if there is none; a place that is known to be empty is no gap. */
export function beforeGap<S extends Stored>(messages: readonly S[], empty: Seqs = NONE): S | null {
  for (let i = 1; i < messages.length; i += 1) {
    const [a, b] = [messages[i - 1], messages[i]]
    if (a && b && gapes(a.seq, b.seq, empty)) return a
  }
  return null
}

/** The longest run of messages without a gap that ends with the newest one. */
export function newestRun<S extends Stored>(messages: readonly S[], empty: Seqs = NONE): readonly S[] {
  let start = messages.length - 1
  const seq = (at: number) => messages[at]?.seq ?? 0
  while (start > 0 && !gapes(seq(start - 1), seq(start), empty)) start -= 1
  return start <= 0 ? messages : messages.slice(start)
}

function gapes(from: number, to: number, empty: Seqs): boolean {
  for (let seq = from + 1; seq < to; seq += 1) if (!empty.has(seq)) return true
  return false
}

/** What `layout` is to draw. */
export interface View<S extends Stored, W extends Waiting> {
  messages: readonly S[]
  /** The message just above the first one, if it is loaded, for grouping. */
  above: S | null
  waiting: readonly W[]
  me: number
  /** The first message that had not been read when the room was opened. */
  unreadFrom: number | null
}

interface Item {
  key: string
  sender: number
  time: number
  day: string
  alone: boolean
}

/** Turns messages into rows: days set apart, the unread line, groups of one sender within five minutes. */
export function layout<S extends Stored, W extends Waiting>(view: View<S, W>): Row<S, W>[] {
  const rows: Row<S, W>[] = []
  const stored = new Set<string>()
  let before: Item | null = view.above ? itemOf(view.above, view.me) : null
  let group: { last: boolean } | null = null
  // Starts a group unless the item continues the one before; a closed group keeps `last` on its final row.
  const place = (item: Item, time: string, broken: boolean): boolean => {
    if (before?.day !== item.day) {
      rows.push({ kind: 'day', key: `day:${item.day}`, time })
      broken = true
    }
    const alone = item.alone || before?.alone === true
    const first =
      broken || alone || !before || before.sender !== item.sender || item.time - before.time > GROUP_MS
    if (!first && group) group.last = false
    before = item
    return first
  }
  for (const message of view.messages) {
    if (message.sender_id === view.me && message.client_msg_id) stored.add(message.client_msg_id)
    const unread = message.seq === view.unreadFrom
    const item = itemOf(message, view.me)
    const first = place(item, message.timestamp, unread)
    if (unread) rows.push({ kind: 'unread', key: 'unread' })
    const row = { kind: 'message' as const, key: item.key, message, first, last: true }
    rows.push(row)
    group = row
  }
  for (const entry of view.waiting) {
    if (stored.has(entry.id)) continue
    const time = new Date(entry.createdAt).toISOString()
    const key = `${view.me}:${entry.id}`
    const item = { key, sender: view.me, time: entry.createdAt, day: dayKey(time), alone: false }
    const first = place(item, time, false)
    const row = { kind: 'waiting' as const, key: item.key, entry, first, last: true }
    rows.push(row)
    group = row
  }
  return rows
}

/** A message keeps the key it had while it waited, so that sending does not draw it anew. */
function itemOf(message: Stored, me: number): Item {
  const own = message.sender_id === me && message.client_msg_id
  return {
    key: own ? `${me}:${message.client_msg_id ?? ''}` : `m:${message.message_id}`,
    sender: message.sender_id,
    time: Date.parse(message.timestamp),
    day: dayKey(message.timestamp),
    alone: message.deleted === true,
  }
}

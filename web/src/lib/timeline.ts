import { dayKey } from './time'

/** What the timeline needs to know of a message that the server has stored. */
export interface Stored {
  message_id: number
  seq: number
  sender_id: number
  timestamp: string
  client_msg_id: string | null
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

/** Merges messages into a list ordered by `seq`, each once; what comes in later replaces what was there. */
export function merge<S extends Stored>(have: readonly S[], incoming: readonly S[]): readonly S[] {
  if (incoming.length === 0) return have
  const last = have.at(-1)
  const only = incoming[0]
  if (incoming.length === 1 && only && (!last || only.seq > last.seq)) return [...have, only]
  const bySeq = new Map<number, S>()
  for (const message of have) bySeq.set(message.seq, message)
  for (const message of incoming) bySeq.set(message.seq, message)
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq)
}

/** The last message before the first hole in the sequence, or null if there is no hole. */
export function beforeGap<S extends Stored>(messages: readonly S[]): S | null {
  for (let i = 1; i < messages.length; i += 1) {
    const [a, b] = [messages[i - 1], messages[i]]
    if (a && b && b.seq !== a.seq + 1) return a
  }
  return null
}

/** The longest unbroken run of messages that ends with the newest one. */
export function newestRun<S extends Stored>(messages: readonly S[]): readonly S[] {
  let start = messages.length - 1
  while (start > 0 && messages[start - 1]?.seq === (messages[start]?.seq ?? 0) - 1) start -= 1
  return start <= 0 ? messages : messages.slice(start)
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
    const first = broken || !before || before.sender !== item.sender || item.time - before.time > GROUP_MS
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
    const item = { key: `${view.me}:${entry.id}`, sender: view.me, time: entry.createdAt, day: dayKey(time) }
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
  }
}

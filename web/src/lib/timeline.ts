import type { Message } from '@/api/types'
import { dayKey } from './time'

/** What the timeline reads of a message that the server has stored. */
export type Stored = Pick<Message, 'message_id' | 'seq' | 'sender_id' | 'timestamp' | 'client_msg_id'> &
  Partial<Pick<Message, 'deleted' | 'system' | 'album_id' | 'message_type'>>

/** What the timeline reads of a message in the outbox. */
export interface Waiting {
  id: string
  createdAt: number
}

/** One row of the timeline. */
export type Row<S extends Stored, W extends Waiting> =
  | { kind: 'day'; key: string; time: string }
  | { kind: 'unread'; key: string }
  | { kind: 'message'; key: string; message: S; first: boolean; last: boolean }
  | { kind: 'album'; key: string; messages: readonly S[]; first: boolean; last: boolean }
  | { kind: 'waiting'; key: string; entry: W; first: boolean; last: boolean }

type AlbumRow<S extends Stored> = Extract<Row<S, Waiting>, { kind: 'album' }>

/** The longest pause between two messages of one sender in one group. */
const GROUP_MS = 5 * 60_000

/** Merges messages into a list ordered by `seq`, each once; `join` combines a known message with its update. */
export function merge<S extends Stored>(
  have: readonly S[],
  incoming: readonly S[],
  join: (known: S, updated: S) => S = (_, updated) => updated,
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

/** The index of the first message with this `seq` or a later one. */
export function indexOf(messages: readonly Pick<Stored, 'seq'>[], seq: number): number {
  let [low, high] = [0, messages.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((messages[middle]?.seq ?? 0) < seq) low = middle + 1
    else high = middle
  }
  return low
}

/** The messages after a `seq`. */
export function after<S extends Pick<Stored, 'seq'>>(messages: readonly S[], seq: number): readonly S[] {
  return messages.slice(indexOf(messages, seq + 1))
}

/** The numbers that an ascending list of `seq` leaves out. */
export function missingSeqs(seqs: readonly number[]): number[] {
  return seqs.slice(1).flatMap((seq, index) => {
    const from = (seqs[index] ?? seq) + 1
    return Array.from({ length: Math.max(0, seq - from) }, (_, step) => from + step)
  })
}

type Seqs = ReadonlySet<number>
const NONE: Seqs = new Set()

/** The last message before the first gap; null without one. Hidden messages are no gap. */
export function beforeGap<S extends Stored>(messages: readonly S[], hidden: Seqs = NONE): S | null {
  const [first, last] = [messages[0], messages.at(-1)]
  if (!first || !last || last.seq - first.seq === messages.length - 1) return null
  for (let i = 1; i < messages.length; i += 1) {
    const [a, b] = [messages[i - 1], messages[i]]
    if (a && b && isGap(a.seq, b.seq, hidden)) return a
  }
  return null
}

/** The longest run of messages without a gap that ends with the newest one. */
export function newestRun<S extends Stored>(messages: readonly S[], hidden: Seqs = NONE): readonly S[] {
  let start = messages.length - 1
  const seq = (at: number) => messages[at]?.seq ?? 0
  while (start > 0 && !isGap(seq(start - 1), seq(start), hidden)) start -= 1
  return start <= 0 ? messages : messages.slice(start)
}

function isGap(from: number, to: number, hidden: Seqs): boolean {
  for (let seq = from + 1; seq < to; seq += 1) if (!hidden.has(seq)) return true
  return false
}

/** What `layout` turns into rows. */
export interface View<S extends Stored, W extends Waiting> {
  messages: readonly S[]
  /** The message before the first one, for grouping; null if it is not loaded. */
  above: S | null
  waiting: readonly W[]
  me: number
  /** The `seq` of the first message that was unread when the room was opened. */
  unreadFrom: number | null
}

interface Item {
  key: string
  sender: number
  time: number
  day: string
  /** Whether it forms a group by itself. */
  alone: boolean
}

/** Turns messages into rows, with day separators, the unread divider, and groups of one sender. */
export function layout<S extends Stored, W extends Waiting>(view: View<S, W>): Row<S, W>[] {
  const rows: Row<S, W>[] = []
  const stored = new Set<string>()
  let before: Item | null = view.above ? itemOf(view.above, view.me) : null
  let group: { last: boolean } | null = null
  // Returns whether the item starts a group; `last` then stays on the final row of the group before.
  const startsGroup = (item: Item, time: string, broken: boolean): boolean => {
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
    const previous = rows.at(-1)
    const first = startsGroup(item, message.timestamp, unread)
    const album = !first && previous && rows.at(-1) === previous ? joined(previous, message) : null
    if (album) {
      rows[rows.length - 1] = album
      group = album
      continue
    }
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
    const first = startsGroup(item, time, false)
    const row = { kind: 'waiting' as const, key: item.key, entry, first, last: true }
    rows.push(row)
    group = row
  }
  return rows
}

/** The album that a message makes with the row before it; null if they do not belong together. */
function joined<S extends Stored, W extends Waiting>(row: Row<S, W>, message: S): AlbumRow<S> | null {
  if (row.kind !== 'message' && row.kind !== 'album') return null
  const messages = row.kind === 'message' ? [row.message] : row.messages
  if (!messages.every((each) => isPartOfAlbum(each) && each.album_id === message.album_id)) return null
  if (!isPartOfAlbum(message)) return null
  return { kind: 'album', key: row.key, messages: [...messages, message], first: row.first, last: true }
}

/** Whether a message is a picture or a film of an album. */
export function isPartOfAlbum<S extends Pick<Stored, 'album_id' | 'message_type' | 'deleted'>>(
  message: S,
): message is S & { album_id: string } {
  const { album_id, message_type, deleted } = message
  return album_id !== undefined && (message_type === 'image' || message_type === 'video') && !deleted
}

// A message keeps the key that it had in the outbox, so that its row is not rendered anew when it is sent.
function itemOf(message: Stored, me: number): Item {
  const own = message.sender_id === me && message.client_msg_id
  return {
    key: own ? `${me}:${message.client_msg_id ?? ''}` : `m:${message.message_id}`,
    sender: message.sender_id,
    time: Date.parse(message.timestamp),
    day: dayKey(message.timestamp),
    alone: message.deleted === true || message.system !== undefined,
  }
}

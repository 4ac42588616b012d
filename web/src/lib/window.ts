import { indexOf } from './timeline'

/** The rendered part of the messages: from one `seq` to another; null for the newest and all that follow. */
export interface Span {
  readonly from: number
  readonly to: number | null
}

interface Seq {
  seq: number
}

/** The messages rendered at first, added at an edge, and rendered at most. */
export const FIRST = 80
export const STEP = 40
export const MOST = 160

/** The window on the newest messages. */
export function newest(messages: readonly Seq[]): Span {
  return { from: seqAt(messages, messages.length - FIRST), to: null }
}

/** The window around one message. */
export function around(messages: readonly Seq[], seq: number): Span {
  const at = indexOf(messages, seq)
  const end = at + FIRST
  const to = end >= messages.length ? null : seqAt(messages, end)
  return { from: seqAt(messages, at - STEP), to }
}

/** The window moved towards older messages; the same one if it begins with the oldest loaded. */
export function up(messages: readonly Seq[], span: Span): Span {
  const [start, end] = bounds(messages, span)
  if (start === 0) return span
  const from = Math.max(0, start - STEP)
  if (end - from <= MOST) return { from: seqAt(messages, from), to: span.to }
  return { from: seqAt(messages, from), to: seqAt(messages, from + MOST - 1) }
}

/** The window moved towards newer messages; the same one if it ends with the newest. */
export function down(messages: readonly Seq[], span: Span): Span {
  if (span.to === null) return span
  const [start, end] = bounds(messages, span)
  const until = Math.min(messages.length, end + STEP)
  const from = Math.max(start, until - MOST)
  return {
    from: seqAt(messages, from),
    to: until === messages.length ? null : seqAt(messages, until - 1),
  }
}

/** A window on the newest messages, cut if it has grown too long; for a reader at the end. */
export function trimmed(messages: readonly Seq[], span: Span): Span {
  const [start, end] = bounds(messages, span)
  return span.to === null && end - start > MOST ? newest(messages) : span
}

/** The first index in the window and the one after the last. */
export function bounds(messages: readonly Seq[], span: Span): [number, number] {
  const start = indexOf(messages, span.from)
  if (span.to === null) return [start, messages.length]
  return [start, Math.min(messages.length, indexOf(messages, span.to + 1))]
}

function seqAt(messages: readonly Seq[], index: number): number {
  return messages[Math.min(Math.max(0, index), messages.length - 1)]?.seq ?? 0
}

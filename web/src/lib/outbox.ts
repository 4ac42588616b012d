import type { Quote } from '@/api/types'
import type { Mention } from './mentions'

/** The state of a message in the outbox; a sent one is no longer in it. */
export type SendState = 'queued' | 'uploading' | 'sending' | 'failed'

/** A message that the server has not acknowledged yet. */
export interface Outgoing<File = unknown, Uploaded = unknown> {
  /** The `client_msg_id`, under which the server stores a message once. */
  readonly id: string
  readonly room: string
  readonly text: string
  readonly file: File | null
  /** What it answers. */
  readonly reply: Quote | null
  readonly mentions: readonly Mention[]
  /** Whether clients are asked not to notify of it. */
  readonly silent?: boolean
  /** Under which it is shown together with other pictures and films. */
  readonly album?: string
  readonly uploaded: Uploaded | null
  readonly createdAt: number
  readonly state: SendState
  readonly progress: number
  readonly attempts: number
  /** The earliest time of the next attempt, in milliseconds since 1970. */
  readonly notBefore: number
  /** The server's code for a permanent failure. */
  readonly error: string | null
}

/** The outcome of one attempt. */
type Outcome =
  { kind: 'sent' } | { kind: 'transient'; retryAfter?: number | null } | { kind: 'permanent'; code: string }

/** Judges an HTTP status (0: no answer): try again, give up, or stored already. */
export function outcomeOf(status: number, code: string, retryAfter: number | null = null): Outcome {
  if (status === 409 && code !== 'client_msg_id_reused') return { kind: 'sent' }
  if (status === 0 || status === 401 || status === 408 || status === 429 || status >= 500) {
    return { kind: 'transient', retryAfter }
  }
  return { kind: 'permanent', code }
}

/** The pause after the n-th failed attempt, in milliseconds: 1, 2, 4 .. 30 seconds. */
function backoff(attempts: number): number {
  return Math.min(30_000, 1000 * 2 ** Math.max(0, attempts - 1))
}

type Queue<O extends Outgoing> = readonly O[]

/** Adds a message at the end. */
export function enqueue<O extends Outgoing>(queue: Queue<O>, entry: O): Queue<O> {
  return queue.some((other) => other.id === entry.id) ? queue : [...queue, entry]
}

/** The messages to attempt now: in each room the first that has not failed, if it is queued and due. */
export function due<O extends Outgoing>(queue: Queue<O>, now: number): O[] {
  return firsts(queue).filter((entry) => entry.state === 'queued' && entry.notBefore <= now)
}

/** The milliseconds until the next message is due; null if none is queued. */
export function nextDueIn<O extends Outgoing>(queue: Queue<O>, now: number): number | null {
  const waits = firsts(queue)
    .filter((entry) => entry.state === 'queued')
    .map((entry) => Math.max(0, entry.notBefore - now))
  return waits.length ? Math.min(...waits) : null
}

function firsts<O extends Outgoing>(queue: Queue<O>): O[] {
  const byRoom = new Map<string, O>()
  for (const entry of queue) {
    if (entry.state !== 'failed' && !byRoom.has(entry.room)) byRoom.set(entry.room, entry)
  }
  return [...byRoom.values()]
}

/** Changes one message. */
export function update<O extends Outgoing>(queue: Queue<O>, id: string, change: Partial<O>): Queue<O> {
  return queue.map((entry) => (entry.id === id ? { ...entry, ...change } : entry))
}

/** Applies an outcome: a sent message leaves the queue, another is queued with a pause, or failed. */
export function settle<O extends Outgoing>(
  queue: Queue<O>,
  id: string,
  outcome: Outcome,
  now: number,
): Queue<O> {
  if (outcome.kind === 'sent') return discard(queue, id)
  return queue.map((entry) => {
    if (entry.id !== id) return entry
    if (outcome.kind === 'permanent') return { ...entry, state: 'failed', error: outcome.code }
    const attempts = entry.attempts + 1
    const pause = Math.max(backoff(attempts), (outcome.retryAfter ?? 0) * 1000)
    return { ...entry, state: 'queued', progress: 0, attempts, notBefore: now + pause }
  })
}

/** Queues a failed message again, at the end. */
export function retry<O extends Outgoing>(queue: Queue<O>, id: string, now: number): Queue<O> {
  const entry = queue.find((other) => other.id === id)
  if (entry?.state !== 'failed') return queue
  const again = {
    ...entry,
    state: 'queued',
    attempts: 0,
    progress: 0,
    notBefore: 0,
    error: null,
    createdAt: now,
  }
  return [...discard(queue, id), again]
}

/** Makes every queued message due now. */
export function makeDue<O extends Outgoing>(queue: Queue<O>): Queue<O> {
  return queue.map((entry) => (entry.notBefore > 0 ? { ...entry, notBefore: 0 } : entry))
}

/** Removes a message. */
export function discard<O extends Outgoing>(queue: Queue<O>, id: string): Queue<O> {
  return queue.filter((entry) => entry.id !== id)
}

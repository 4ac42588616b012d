/** Where a message stands on its way out; once it is sent it leaves the outbox. */
export type SendState = 'queued' | 'uploading' | 'sending' | 'failed'

/** A message that the server has not acknowledged yet. */
export interface Outgoing<File = unknown, Uploaded = unknown> {
  /** Doubles as the `client_msg_id`, under which the server stores a message once for ever. */
  readonly id: string
  readonly room: string
  readonly text: string
  readonly file: File | null
  readonly uploaded: Uploaded | null
  readonly createdAt: number
  readonly state: SendState
  readonly progress: number
  readonly attempts: number
  /** The moment before which it is not tried again. */
  readonly notBefore: number
  /** Why it failed for good: the server's code. */
  readonly fault: string | null
}

/** What came of one attempt. */
export type Outcome =
  { kind: 'sent' } | { kind: 'transient'; retryAfter?: number | null } | { kind: 'permanent'; code: string }

/** Reads an HTTP status (0 = no answer): what may be tried again, what is final, and what means it is there already. */
export function outcomeOf(status: number, code: string, retryAfter: number | null = null): Outcome {
  if (status === 409 && code !== 'client_msg_id_reused') return { kind: 'sent' }
  if (status === 0 || status === 401 || status === 408 || status === 429 || status >= 500) {
    return { kind: 'transient', retryAfter }
  }
  return { kind: 'permanent', code }
}

/** The pause after the n-th failed attempt: 1, 2, 4 .. 30 seconds. */
export function backoff(attempts: number): number {
  return Math.min(30_000, 1000 * 2 ** Math.max(0, attempts - 1))
}

type Queue<O extends Outgoing> = readonly O[]

/** A new message at the end of its room's queue. */
export function enqueue<O extends Outgoing>(queue: Queue<O>, entry: O): Queue<O> {
  return queue.some((other) => other.id === entry.id) ? queue : [...queue, entry]
}

/** The messages to work on now: in each room the first that has not failed, if it is not at work and not waiting. */
export function nextUp<O extends Outgoing>(queue: Queue<O>, now: number): O[] {
  return heads(queue).filter((entry) => entry.state === 'queued' && entry.notBefore <= now)
}

/** How long until a waiting message may be tried again, or null if none waits. */
export function wakeIn<O extends Outgoing>(queue: Queue<O>, now: number): number | null {
  const waits = heads(queue)
    .filter((entry) => entry.state === 'queued')
    .map((entry) => Math.max(0, entry.notBefore - now))
  return waits.length ? Math.min(...waits) : null
}

function heads<O extends Outgoing>(queue: Queue<O>): O[] {
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

/** Applies what came of an attempt: gone when sent, back in the queue with a pause, or failed and in nobody's way. */
export function settle<O extends Outgoing>(
  queue: Queue<O>,
  id: string,
  outcome: Outcome,
  now: number,
): Queue<O> {
  if (outcome.kind === 'sent') return discard(queue, id)
  return queue.map((entry) => {
    if (entry.id !== id) return entry
    if (outcome.kind === 'permanent') return { ...entry, state: 'failed', fault: outcome.code }
    const attempts = entry.attempts + 1
    const pause = Math.max(backoff(attempts), (outcome.retryAfter ?? 0) * 1000)
    return { ...entry, state: 'queued', progress: 0, attempts, notBefore: now + pause }
  })
}

/** Puts a failed message at the end of the queue again. */
export function retry<O extends Outgoing>(queue: Queue<O>, id: string, now: number): Queue<O> {
  const entry = queue.find((other) => other.id === id)
  if (entry?.state !== 'failed') return queue
  const again = {
    ...entry,
    state: 'queued',
    attempts: 0,
    progress: 0,
    notBefore: 0,
    fault: null,
    createdAt: now,
  }
  return [...discard(queue, id), again]
}

/** Lets every waiting message be tried at once, as after a reconnection. */
export function hurry<O extends Outgoing>(queue: Queue<O>): Queue<O> {
  return queue.map((entry) => (entry.notBefore > 0 ? { ...entry, notBefore: 0 } : entry))
}

/** Takes a message out. */
export function discard<O extends Outgoing>(queue: Queue<O>, id: string): Queue<O> {
  return queue.filter((entry) => entry.id !== id)
}

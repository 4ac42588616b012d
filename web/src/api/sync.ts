import { http } from './http'

/** One change that was missed, as the socket would have told it. */
export interface Line {
  pos: number
  event: string
  data: unknown
}

/** What was missed since a cursor. */
export interface Missed {
  events: Line[]
  /** Where to go on from. */
  cursor: string
  /** Whether there is more behind it. */
  more: boolean
  /** Whether nothing that is known can be relied on, because the cursor was of another history or there was none. */
  reset: boolean
}

/** Asks what was missed since a cursor, a page at a time; without one, where to begin. */
export const since = (cursor: string | null) => http<Missed>('GET', '/sync', { query: { since: cursor } })

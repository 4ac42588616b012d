import { http } from './http'
import type { LogPage } from './types'

/** A page of the events after a cursor; without one, the cursor to begin with. */
export const since = (cursor: string | null) => http<LogPage>('GET', '/sync', { query: { since: cursor } })

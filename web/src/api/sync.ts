import { call } from './client'

/** A page of the events after a cursor; without one, the cursor to begin with. */
export const since = (cursor: string | null) =>
  call('GET', '/sync', { query: cursor === null ? {} : { since: cursor } })

import { call } from './client'

/** The messages that have all terms of a query, of one room or of all, the newest first. */
export const messages = (query: { q: string; chatroom_id?: string; cursor?: number; limit: number }) =>
  call('GET', '/search', { query })

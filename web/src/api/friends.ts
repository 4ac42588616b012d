import { http } from './http'
import type { Friend, FriendRequestResult } from './types'

export const list = () => http<Friend[]>('GET', '/friends/')

/** Those who sent the user a request. */
export const received = () => http<Friend[]>('GET', '/friends/requests/pending')

/** Those to whom the user sent a request. */
export const sent = () => http<Friend[]>('GET', '/friends/requests/sent')

/** Finds one person by the exact e-mail address (anything with an @) or username. */
export const search = (text: string) =>
  http<Friend>('GET', '/friends/search', { query: text.includes('@') ? { email: text } : { username: text } })

const withFriend = (friend_id: number) => ({ query: { friend_id } })

/** Sends a request, or accepts the one that the person sent before. */
export const request = (id: number) => http<FriendRequestResult>('POST', '/friends/request', withFriend(id))

export const accept = (id: number) => http<Friend>('POST', '/friends/requests/accepted', withFriend(id))

export const reject = (id: number) => http<null>('DELETE', '/friends/requests/reject', withFriend(id))

/** Withdraws a request that was sent. */
export const cancel = (id: number) => http<null>('DELETE', '/friends/request', withFriend(id))

export const remove = (id: number) => http<null>('DELETE', '/friends/', withFriend(id))

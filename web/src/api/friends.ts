import { call } from './client'

export const list = () => call('GET', '/friends', {})

/** Those who sent the user a request. */
export const received = () => call('GET', '/friends/requests/pending', {})

/** Those to whom the user sent a request. */
export const sent = () => call('GET', '/friends/requests/sent', {})

/** Finds one person by the exact e-mail address (anything with an @) or username. */
export const search = (text: string) =>
  call('GET', '/friends/search', { query: text.includes('@') ? { email: text } : { username: text } })

const withFriend = (friend_id: number) => ({ query: { friend_id } })

/** Sends a request, or accepts the one that the person sent before. */
export const request = (id: number) => call('POST', '/friends/request', withFriend(id))

export const accept = (id: number) => call('POST', '/friends/requests/accepted', withFriend(id))

export const reject = (id: number) => call('DELETE', '/friends/requests/reject', withFriend(id))

/** Withdraws a request that was sent. */
export const cancel = (id: number) => call('DELETE', '/friends/request', withFriend(id))

export const remove = (id: number) => call('DELETE', '/friends', withFriend(id))

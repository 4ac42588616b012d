import { call } from './client'
import type { PrivacyChange, Report } from './types'

/** The users whom the user blocks, the last blocked first. */
export const blocks = () => call('GET', '/friends/blocks', {})

export const block = (user_id: number) => call('PUT', '/friends/blocks/{user_id}', { path: { user_id } })

export const unblock = (user_id: number) => call('DELETE', '/friends/blocks/{user_id}', { path: { user_id } })

/** Tells the administrator of a user or a message. */
export const report = (body: Report) => call('POST', '/reports', { body })

/** Who finds the user, writes to them, and sees their presence. */
export const privacy = () => call('GET', '/user/me/settings', {})

export const changePrivacy = (body: PrivacyChange) => call('PATCH', '/user/me/settings', { body })

/** The link by which those who have it become friends. */
export const ownInvite = () => call('GET', '/user/me/invite', {})

/** Makes a new link, and the one before void. */
export const renewInvite = () => call('POST', '/user/me/invite', {})

/** Who made an invite. */
export const invite = (token: string) => call('GET', '/friends/invite/{token}', { path: { token } })

/** Becomes a friend of who made an invite. */
export const acceptInvite = (token: string) => call('POST', '/friends/invite/{token}', { path: { token } })

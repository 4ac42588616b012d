import { call } from './client'
import type { ProfileChange } from './types'

/** The account of the user. */
export const me = () => call('GET', '/user/me', {})

/** A friend, or somebody in a common room. */
export const get = (user_id: number) => call('GET', '/user/{user_id}', { path: { user_id } })

/** Changes the user's profile; an empty text clears a field. */
export const change = (user_id: number, body: ProfileChange) =>
  call('PATCH', '/user/{user_id}', { path: { user_id }, body })

/** Deletes the user's account; its messages stay for their readers, or are unsent with `erase`. */
export const remove = (user_id: number, password: string, erase: boolean) =>
  call('DELETE', '/user/{user_id}', {
    path: { user_id },
    body: { password, messages: erase ? 'erase' : 'keep' },
  })

/** The copy of all that is the user's own, with its address once it is ready. */
export const viewExport = () => call('GET', '/user/me/export', {})

/** Asks for such a copy, which is made in the background. */
export const requestExport = () => call('POST', '/user/me/export', {})

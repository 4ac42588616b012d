import { call } from './client'
import type { ProfileChange } from './types'

/** The account of the user. */
export const me = () => call('GET', '/user/me', {})

/** A friend, or somebody in a common room. */
export const get = (user_id: number) => call('GET', '/user/{user_id}', { path: { user_id } })

/** Changes the user's profile; an empty text clears a field. */
export const change = (user_id: number, body: ProfileChange) =>
  call('PATCH', '/user/{user_id}', { path: { user_id }, body })

/** Deletes the user's account. */
export const remove = (user_id: number, password: string) =>
  call('DELETE', '/user/{user_id}', { path: { user_id }, body: { password } })

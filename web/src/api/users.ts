import { http } from './http'
import type { User } from './types'

export interface ProfileChange {
  nickname?: string
  status?: string
  avatar_url?: string
}

/** The account of the user. */
export const me = () => http<User>('GET', '/user/me')

/** A friend, or somebody in a common room. */
export const get = (id: number) => http<User>('GET', `/user/${id}`)

/** Changes the user's profile; an empty text clears a field. */
export const change = (id: number, fields: ProfileChange) =>
  http<User>('PATCH', `/user/${id}`, { body: fields })

/** Deletes the user's account. */
export const remove = (id: number) => http<null>('DELETE', `/user/${id}`)

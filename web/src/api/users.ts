import { http } from './http'
import type { User } from './types'

export interface ProfileChange {
  nickname?: string
  status?: string
  avatar_url?: string
}

/** The signed-in account. */
export const me = () => http<User>('GET', '/user/me')

/** A friend, or somebody in a common room. */
export const get = (id: number) => http<User>('GET', `/user/${id}`)

/** Changes the own profile; an empty text clears a field. */
export const change = (id: number, fields: ProfileChange) =>
  http<User>('PATCH', `/user/${id}`, { body: fields })

/** Deletes the own account. */
export const remove = (id: number) => http<null>('DELETE', `/user/${id}`)

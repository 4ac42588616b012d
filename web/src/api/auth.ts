import { http } from './http'
import type { Tokens, User } from './types'

export interface Registration {
  username: string
  password: string
  email?: string
}

/** Creates an account. */
export const register = (registration: Registration) =>
  http<User>('POST', '/auth/register', { body: registration, anonymous: true })

/** Signs in with a username or an e-mail address. */
export const signIn = (username: string, password: string) =>
  http<Tokens>('POST', '/auth/token', { form: { username, password }, anonymous: true })

/** Ends this session, or every session of the account. */
export const signOut = (all: boolean) =>
  http<{ msg: string }>('POST', '/auth/logout', all ? { body: { all: true } } : {})

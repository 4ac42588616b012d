import { call } from './client'
import type { Registration } from './types'

/** Creates an account. */
export const register = (body: Registration) => call('POST', '/auth/register', { body, anonymous: true })

/** Signs in with a username or an e-mail address. */
export const signIn = (username: string, password: string) =>
  call('POST', '/auth/token', { form: { username, password }, anonymous: true })

/** Ends this session, or every session of the account. */
export const signOut = (all: boolean) => call('POST', '/auth/logout', all ? { body: { all } } : {})

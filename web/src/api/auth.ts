import { call } from './client'
import type { Registration } from './types'

/** Creates an account. */
export const register = (body: Registration) => call('POST', '/auth/register', { body, anonymous: true })

/** Signs in with a username or an e-mail address. */
export const signIn = (username: string, password: string) =>
  call('POST', '/auth/token', { form: { username, password }, anonymous: true })

/** Ends this session, or every session of the account. */
export const signOut = (all: boolean) => call('POST', '/auth/logout', all ? { body: { all } } : {})

/** Sets a new password, which ends the account's other sessions. */
export const changePassword = (current_password: string, new_password: string) =>
  call('POST', '/auth/password', { body: { current_password, new_password } })

/** The sessions of the account, on all devices. */
export const sessions = () => call('GET', '/auth/sessions', {})

/** Ends a session. */
export const endSession = (session_id: string) =>
  call('DELETE', '/auth/sessions/{session_id}', { path: { session_id } })

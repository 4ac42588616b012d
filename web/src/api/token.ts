import { parseProblem, Problem } from './problem'
import type { Tokens } from './types'

/** Why a session ended: the server refuses it, or another user signed in in another tab. */
type EndReason = 'revoked' | 'other'

// The access token is held in memory only: storage is readable by any script, also later.
let access: string | null = null
/** The user whom this page acts for, also before there is a token; null if nobody is signed in. */
let owner: number | null = null
let expiresAt = 0
let refreshing: Promise<void> | null = null
const ended = new Set<(why: EndReason) => void>()

/** The access token; null unless signed in. */
export function accessToken(): string | null {
  return access
}

/** Replaces the tokens; null removes them. */
export function setTokens(tokens: Pick<Tokens, 'access_token' | 'expires_in'> | null): void {
  access = tokens?.access_token ?? null
  owner = tokens ? userIdOf(tokens.access_token) : null
  expiresAt = tokens ? Date.now() + tokens.expires_in * 1000 : 0
}

/** Has the page act for a user whose session is yet to be resumed; requests wait for the first token. */
export function resumeAs(user: number): void {
  owner = user
}

/** Calls back when the session of this page ends; returns what removes the callback. */
export function onSessionEnded(callback: (why: EndReason) => void): () => void {
  ended.add(callback)
  return () => ended.delete(callback)
}

/** Fetches a new access token for the session cookie; concurrent callers share one request. */
export function refresh(): Promise<void> {
  refreshing ??= locked(renew).finally(() => {
    refreshing = null
  })
  return refreshing
}

/** The access token; the first one is fetched if the session is yet to be resumed. */
export async function firstToken(): Promise<string | null> {
  if (access === null && owner !== null) await refresh()
  return access
}

/** The access token, renewed first if it has less than a minute to live. */
export async function freshToken(): Promise<string | null> {
  if (access && Date.now() > expiresAt - 60_000) await refresh()
  return firstToken()
}

/** The user id in a token; null if it holds none. */
export function userIdOf(token: string): number | null {
  try {
    const part = token.split('.')[1] ?? ''
    const claims: unknown = JSON.parse(atob(part.replace(/-/g, '+').replace(/_/g, '/')))
    if (typeof claims !== 'object' || claims === null || !('user_id' in claims)) return null
    return typeof claims.user_id === 'number' ? claims.user_id : null
  } catch {
    return null
  }
}

// Only one tab at a time renews, because each renewal replaces the cookie.
function locked(run: () => Promise<void>): Promise<void> {
  // Locks exist on secure origins only, not on plain HTTP in a home network.
  const locks = navigator.locks as LockManager | undefined
  return locks ? locks.request('chatroom-refresh', run) : run()
}

async function renew(): Promise<void> {
  let response: Response
  try {
    response = await fetch('/auth/refresh', { method: 'POST', headers: { accept: 'application/json' } })
  } catch {
    throw Problem.offline()
  }
  if (response.ok) {
    const tokens = (await response.json()) as Tokens
    // All tabs share the cookie; this page must not act for another user.
    if (owner !== null && owner !== userIdOf(tokens.access_token)) {
      setTokens(null)
      for (const callback of ended) callback('other')
      throw new Problem(401, 'other_account', 'Somebody else is signed in')
    }
    setTokens(tokens)
    return
  }
  const problem = parseProblem(response.status, await response.text(), response.headers.get('retry-after'))
  if (response.status === 401 || response.status === 403) {
    setTokens(null)
    for (const callback of ended) callback('revoked')
  }
  throw problem
}

import { parseProblem, Problem } from './problem'
import type { Tokens } from './types'

/** Why a session is over: the server refuses it, or somebody else signed in in another tab. */
export type Ending = 'over' | 'other'

// The access token lives here and nowhere else: never in storage, where any script could read it later.
let access: string | null = null
let expiresAt = 0
let refreshing: Promise<void> | null = null
const ended = new Set<(why: Ending) => void>()

/** The access token, if somebody is signed in. */
export function accessToken(): string | null {
  return access
}

/** Takes new tokens, or forgets the old ones. */
export function setTokens(tokens: Tokens | null): void {
  access = tokens?.access_token ?? null
  expiresAt = tokens ? Date.now() + tokens.expires_in * 1000 : 0
}

/** Calls back when the session is no longer the one this page began with. */
export function onSessionEnded(callback: (why: Ending) => void): () => void {
  ended.add(callback)
  return () => ended.delete(callback)
}

/** Gets a new access token for the session cookie; callers at the same time share one request. */
export function refresh(): Promise<void> {
  refreshing ??= locked(renew).finally(() => {
    refreshing = null
  })
  return refreshing
}

/** The access token, renewed first if it has less than a minute to live. */
export async function freshToken(): Promise<string | null> {
  if (access && Date.now() > expiresAt - 60_000) await refresh()
  return access
}

/** The account that a token speaks for, or null if it is not one of ours. */
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

// Two tabs that renew at once would each spend the same cookie; one waits for the other.
function locked(run: () => Promise<void>): Promise<void> {
  // Locks exist on secure origins only; a home network on plain http goes without.
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
    // The cookie is shared by all tabs; nothing of this page may be done in another person's name.
    if (access !== null && userIdOf(access) !== userIdOf(tokens.access_token)) {
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
    for (const callback of ended) callback('over')
  }
  throw problem
}

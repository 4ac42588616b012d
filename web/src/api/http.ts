import type { Method } from './operations'
import { parseProblem, Problem } from './problem'
import { accessToken, firstToken, refresh } from './token'

/** One request to the server. */
export interface Request {
  query?: Record<string, string | number | null | undefined>
  /** Sent as JSON. */
  body?: unknown
  /** Sent as a form. */
  form?: Record<string, string>
  /** Whether it is sent without a token, as before signing in. */
  anonymous?: boolean
}

/** Sends a request; a refusal is thrown as a `Problem`. After a 401 the token is renewed once and the request repeated. */
export async function http<T>(method: Method, path: string, request: Request = {}): Promise<T> {
  const used = request.anonymous ? null : (accessToken() ?? (await firstToken()))
  let response = await send(method, path, request, used)
  if (response.status === 401 && !request.anonymous) {
    // Another request may have renewed the token meanwhile.
    if (accessToken() === used) await refresh()
    response = await send(method, path, request, accessToken())
  }
  const text = await response.text().catch(() => {
    throw Problem.offline()
  })
  if (!response.ok) throw parseProblem(response.status, text, response.headers.get('retry-after'))
  return (text ? JSON.parse(text) : null) as T
}

async function send(method: Method, path: string, request: Request, token: string | null): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (token && !request.anonymous) headers['authorization'] = `Bearer ${token}`
  let body: BodyInit | undefined
  if (request.form) body = new URLSearchParams(request.form)
  else if (request.body !== undefined) {
    headers['content-type'] = 'application/json'
    body = JSON.stringify(request.body)
  }
  try {
    return await fetch(path + queryOf(request.query), { method, headers, ...(body && { body }) })
  } catch {
    throw Problem.offline()
  }
}

function queryOf(query: Request['query']): string {
  const pairs = Object.entries(query ?? {}).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [[key, String(value)] as [string, string]],
  )
  return pairs.length ? `?${new URLSearchParams(pairs).toString()}` : ''
}

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { http } from './http'
import { Problem, problemOfAck } from './problem'
import { accessToken, onSessionEnded, resumeAs, setTokens, userIdOf } from './token'

const fetched = vi.fn<(url: string, init: RequestInit) => Promise<Response>>()
const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  Promise.resolve(new Response(body === null ? null : JSON.stringify(body), { status, headers }))
const tokens = (access_token: string) => ({ access_token, token_type: 'bearer', expires_in: 7200 })
const bearer = (call: number) => new Headers(fetched.mock.calls[call]?.[1].headers).get('authorization')
const paths = () => fetched.mock.calls.map(([url]) => url)

async function problem(promise: Promise<unknown>): Promise<Problem> {
  const thrown: unknown = await promise.then(
    () => null,
    (error: unknown) => error,
  )
  if (!(thrown instanceof Problem)) throw new Error('no problem was thrown')
  return thrown
}

beforeEach(() => {
  fetched.mockReset()
  vi.stubGlobal('fetch', fetched)
  setTokens(tokens('old'))
})

describe('requests', () => {
  it('carry the token, the query and JSON', async () => {
    fetched.mockReturnValueOnce(json({ ok: 1 }))
    await http('POST', '/friends/request', { query: { friend_id: 7, none: null }, body: { a: 1 } })
    expect(paths()).toEqual(['/friends/request?friend_id=7'])
    expect(bearer(0)).toBe('Bearer old')
    expect(fetched.mock.calls[0]?.[1].body).toBe('{"a":1}')
  })

  it('carry forms, and no token where none is wanted', async () => {
    fetched.mockReturnValueOnce(json({ ok: 1 }))
    await http('POST', '/auth/token', { form: { username: 'a&b' }, anonymous: true })
    expect((fetched.mock.calls[0]?.[1].body as URLSearchParams).toString()).toBe('username=a%26b')
    expect(bearer(0)).toBeNull()
  })

  it('take an empty answer as null', async () => {
    fetched.mockReturnValueOnce(json(null, 204))
    expect(await http('DELETE', '/user/1')).toBeNull()
  })
})

describe('refusals', () => {
  it('become problems with the server’s code', async () => {
    fetched.mockReturnValueOnce(json({ detail: 'Already friends', code: 'already_friends' }, 400))
    expect(await problem(http('POST', '/x'))).toMatchObject({
      status: 400,
      code: 'already_friends',
      detail: 'Already friends',
    })
  })

  it('name each field that is wrong', async () => {
    const detail = [
      { type: 'string_too_short', loc: ['body', 'password'], msg: 'short', input: 'x' },
      { type: 'missing', loc: ['body', 'username'], msg: 'Field required', input: null },
      { type: 'missing', loc: ['body', 'username'], msg: 'second', input: null },
    ]
    fetched.mockReturnValueOnce(json({ detail, code: 'validation' }, 422))
    const { fields } = await problem(http('POST', '/x'))
    expect(fields).toEqual({
      password: { type: 'string_too_short', msg: 'short' },
      username: { type: 'missing', msg: 'Field required' },
    })
  })

  it('keep the server’s Retry-After', async () => {
    fetched.mockReturnValueOnce(
      json({ detail: 'slow down', code: 'rate_limited' }, 429, { 'retry-after': '7' }),
    )
    expect((await problem(http('GET', '/x'))).retryAfter).toBe(7)
  })

  it('say in an acknowledgement, too, how long to wait', () => {
    const ack = { ok: false, code: 'rate_limited', detail: 'slow down', retry_after_ms: 1500 } as const
    expect(problemOfAck(ack)).toMatchObject({ status: 429, code: 'rate_limited', retryAfter: 1.5 })
    expect(problemOfAck({ ok: false, code: 'busy', detail: '' })).toMatchObject({
      status: 503,
      retryAfter: null,
    })
  })

  it('may be a proxy’s page', async () => {
    fetched.mockReturnValueOnce(Promise.resolve(new Response('<html>', { status: 502 })))
    expect(await problem(http('GET', '/x'))).toMatchObject({ status: 502, code: 'http_502' })
  })

  it('have status 0 without an answer', async () => {
    fetched.mockRejectedValueOnce(new TypeError('Failed to fetch'))
    expect(await problem(http('GET', '/x'))).toMatchObject({ status: 0, code: 'offline' })
  })
})

describe('an expired token', () => {
  const serve = (refreshed: () => Promise<Response>) =>
    fetched.mockImplementation((url, init) => {
      if (url === '/auth/refresh') return refreshed()
      const fresh = new Headers(init.headers).get('authorization') === 'Bearer new'
      return fresh
        ? json({ url })
        : json({ detail: 'Could not validate credentials', code: 'unauthorized' }, 401)
    })

  it('is renewed once for all requests at the same time, and they are repeated', async () => {
    serve(() => json(tokens('new')))
    const answers = await Promise.all([http('GET', '/a'), http('GET', '/b'), http('GET', '/c')])
    expect(answers).toEqual([{ url: '/a' }, { url: '/b' }, { url: '/c' }])
    expect(paths().filter((path) => path === '/auth/refresh')).toHaveLength(1)
    expect(accessToken()).toBe('new')
  })

  it('is not renewed again for a request whose refusal comes late', async () => {
    let refuseLate: (response: Response) => void = () => undefined
    fetched.mockImplementationOnce(() => new Promise((resolve) => (refuseLate = resolve)))
    const slow = http('GET', '/slow')
    serve(() => json(tokens('new')))
    await http('GET', '/quick')
    refuseLate(
      Response.json({ detail: 'Could not validate credentials', code: 'unauthorized' }, { status: 401 }),
    )
    expect(await slow).toEqual({ url: '/slow' })
    expect(paths().filter((path) => path === '/auth/refresh')).toHaveLength(1)
  })

  it('is not renewed again for a request that was refused with the new one', async () => {
    serve(() => json(tokens('newer')))
    expect(await problem(http('GET', '/a'))).toMatchObject({ status: 401 })
    expect(paths()).toEqual(['/a', '/auth/refresh', '/a'])
  })

  it('ends the session when it cannot be renewed', async () => {
    const ended = vi.fn()
    const off = onSessionEnded(ended)
    serve(() => json({ detail: 'no session', code: 'unauthorized' }, 401))
    expect(await problem(http('GET', '/a'))).toMatchObject({ status: 401 })
    off()
    expect(ended).toHaveBeenCalledExactlyOnceWith('revoked')
    expect(accessToken()).toBeNull()
  })

  it('does not end the session without an answer', async () => {
    const ended = vi.fn()
    const off = onSessionEnded(ended)
    serve(() => Promise.reject(new TypeError('Failed to fetch')))
    expect(await problem(http('GET', '/a'))).toMatchObject({ status: 0 })
    off()
    expect(ended).not.toHaveBeenCalled()
    expect(accessToken()).toBe('old')
  })

  it('is not exchanged for another user’s', async () => {
    const token = (id: number) => `h.${btoa(JSON.stringify({ user_id: id }))}.s`
    setTokens(tokens(token(1)))
    const ended = vi.fn()
    const off = onSessionEnded(ended)
    serve(() => json(tokens(token(2))))
    expect(await problem(http('GET', '/a'))).toMatchObject({ code: 'other_account' })
    off()
    expect(ended).toHaveBeenCalledWith('other')
    expect(accessToken()).toBeNull()
    expect(paths()).toEqual(['/a', '/auth/refresh'])
  })

  it('is awaited while the session of a page that is shown already is resumed', async () => {
    const token = (id: number) => `h.${btoa(JSON.stringify({ user_id: id }))}.s`
    setTokens(null)
    resumeAs(1)
    fetched.mockImplementation((url) => json(url === '/auth/refresh' ? tokens(token(1)) : { url }))
    expect(await Promise.all([http('GET', '/a'), http('GET', '/b')])).toEqual([{ url: '/a' }, { url: '/b' }])
    expect(paths()).toEqual(['/auth/refresh', '/a', '/b'])
    expect(bearer(1)).toBe(`Bearer ${token(1)}`)
  })

  it('is not taken for a user other than the one who is shown already', async () => {
    const ended = vi.fn()
    const off = onSessionEnded(ended)
    setTokens(null)
    resumeAs(1)
    fetched.mockReturnValue(json(tokens(`h.${btoa('{"user_id":2}')}.s`)))
    expect(await problem(http('GET', '/a'))).toMatchObject({ code: 'other_account' })
    off()
    expect([ended.mock.calls, paths()]).toEqual([[['other']], ['/auth/refresh']])
  })

  it('is not renewed for a wrong password', async () => {
    fetched.mockReturnValueOnce(json({ detail: 'Incorrect username or password', code: 'wrong_login' }, 401))
    expect(await problem(http('POST', '/auth/token', { anonymous: true }))).toMatchObject({
      code: 'wrong_login',
    })
    expect(paths()).toEqual(['/auth/token'])
  })
})

it('reads the user id of a token', () => {
  expect(userIdOf(`h.${btoa('{"user_id":42,"sub":"x"}')}.s`)).toBe(42)
  expect(userIdOf('opaque')).toBeNull()
})

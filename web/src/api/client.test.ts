import { expect, it, vi } from 'vitest'
import { call } from './client'

it('puts the parameters of a request into its path and query', async () => {
  const fetched = vi.fn<(url: string, init: RequestInit) => Promise<Response>>(() =>
    Promise.resolve(Response.json([])),
  )
  vi.stubGlobal('fetch', fetched)
  await call('GET', '/chatrooms/{chatroom_id}/messages', {
    path: { chatroom_id: 'a/b' },
    query: { limit: 5, before_id: 7 },
  })
  expect(fetched.mock.calls.map(([url, { method }]) => [method, url])).toEqual([
    ['GET', '/chatrooms/a%2Fb/messages?limit=5&before_id=7'],
  ])
})

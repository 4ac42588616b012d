import { expect, it, vi } from 'vitest'
import { call } from './client'

const stubFetch = () => {
  const fetched = vi.fn<(url: string, init: RequestInit) => Promise<Response>>(() =>
    Promise.resolve(Response.json([])),
  )
  vi.stubGlobal('fetch', fetched)
  return () => fetched.mock.calls.map(([url, { method }]) => [method, url])
}

it('puts the parameters of a request into its path and query', async () => {
  const sent = stubFetch()
  await call('GET', '/chatrooms/{chatroom_id}/messages', {
    path: { chatroom_id: 'a/b' },
    query: { limit: 5, before_id: 7 },
  })
  expect(sent()).toEqual([['GET', '/chatrooms/a%2Fb/messages?limit=5&before_id=7']])
})

it('puts and deletes', async () => {
  const sent = stubFetch()
  const path = { chatroom_id: 'a', message_id: 7, emoji: '👍' }
  await call('PUT', '/chatrooms/{chatroom_id}/messages/{message_id}/reactions/{emoji}', { path })
  await call('DELETE', '/chatrooms/{chatroom_id}/messages/{message_id}', { path, query: { for: 'me' } })
  expect(sent()).toEqual([
    ['PUT', '/chatrooms/a/messages/7/reactions/%F0%9F%91%8D'],
    ['DELETE', '/chatrooms/a/messages/7?for=me'],
  ])
})

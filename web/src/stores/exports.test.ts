import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { useExports } from './exports'

const PENDING = {
  state: 'pending',
  requested_at: '2026-11-30T00:00:00.000000Z',
  size: null,
  expires_at: null,
}
const READY = { ...PENDING, state: 'ready', size: 9, expires_at: '2026-12-01T00:00:00.000000Z', url: '/x' }

/** The server, with the copy that it has. */
let copy: object | null = null
const asked: string[] = []

beforeEach(() => {
  localStorage.clear()
  copy = null
  asked.length = 0
  vi.stubGlobal('fetch', (_: string, { method }: RequestInit) => {
    asked.push(String(method))
    if (method === 'POST') return Promise.resolve(Response.json(PENDING, { status: 201 }))
    return Promise.resolve(copy ? Response.json(copy) : Response.json({ code: 'not_found' }, { status: 404 }))
  })
  setActivePinia(createPinia())
})

it('asks for nothing while the browser knows of no copy', async () => {
  await useExports().load()
  expect([asked, useExports().current]).toEqual([[], null])
})

it('asks for a copy, and loads it once it is ready and at the next visit', async () => {
  await useExports().request()
  expect(useExports().current).toEqual({ ...PENDING, url: null })
  copy = READY
  useExports().receive()
  await vi.waitFor(() => expect(useExports().current).toEqual(READY))
  setActivePinia(createPinia())
  await useExports().load()
  expect(useExports().current).toEqual(READY)
})

it('shows the copy that another device asked for, instead of asking for another', async () => {
  copy = READY
  await useExports().request()
  expect([asked, useExports().current]).toEqual([['GET'], READY])
})

it('forgets a copy that is gone, and does not ask again', async () => {
  await useExports().request()
  await useExports().load()
  expect(useExports().current).toBeNull()
  asked.length = 0
  await useExports().load()
  expect(asked).toEqual([])
})

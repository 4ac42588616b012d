import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import type { User } from '@/api/types'
import { useOutbox } from '@/stores/outbox'
import { useSession } from '@/stores/session'
import { attachment, FakeUpload, picture } from '@/testing'
import { useLeaveQuestion } from './useLeaveQuestion'

beforeEach(() => {
  localStorage.clear()
  FakeUpload.all = []
  vi.stubGlobal('fetch', () => new Promise(() => undefined))
  vi.stubGlobal('XMLHttpRequest', FakeUpload)
  setActivePinia(createPinia())
  useSession().user = { user_id: 1, username: 'me' } as User
  const scope = effectScope()
  scope.run(useLeaveQuestion)
  return () => scope.stop()
})

/** Whether the browser would ask. */
function asks(): boolean {
  const event = new Event('beforeunload', { cancelable: true })
  dispatchEvent(event)
  return event.defaultPrevented
}

it('asks while a file is on its way', async () => {
  const outbox = useOutbox()
  outbox.sendText('r', '字')
  expect(asks()).toBe(false)
  outbox.sendFile('a', attachment(picture('a.png')), '')
  outbox.sendFile('a', attachment(picture('b.png')), '')
  expect(asks()).toBe(true)
  await vi.waitFor(() => expect(FakeUpload.all).toHaveLength(1))
  FakeUpload.all[0]?.answer(400, { detail: 'no', code: 'unsupported_type' })
  await vi.waitFor(() => expect(FakeUpload.all).toHaveLength(2))
  expect(asks()).toBe(true)
  outbox.discard(outbox.queue.at(-1)?.id ?? '')
  expect(outbox.inRoom('a').map((entry) => entry.state)).toEqual(['failed'])
  expect(asks()).toBe(false)
})

it('does not ask when the session has ended', () => {
  useOutbox().sendFile('a', attachment(picture('a.png')), '')
  useSession().end('signed-out')
  expect(asks()).toBe(false)
})

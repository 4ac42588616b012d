import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { useConnection } from './connection'

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  return () => vi.useRealTimers()
})

it('says nothing of a connection that is back within two seconds', () => {
  const connection = useConnection()
  connection.set('online')
  connection.set('lost')
  vi.advanceTimersByTime(1999)
  expect(connection.troubled).toBe(false)
  connection.set('online')
  vi.advanceTimersByTime(60_000)
  expect(connection.troubled).toBe(false)
})

it('says so after two seconds, counted from the loss and not from the last attempt', () => {
  const connection = useConnection()
  connection.set('online')
  connection.set('lost')
  vi.advanceTimersByTime(1500)
  connection.set('lost')
  vi.advanceTimersByTime(500)
  expect(connection.troubled).toBe(true)
  connection.set('online')
  expect(connection.troubled).toBe(false)
})

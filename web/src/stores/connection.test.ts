import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { useConnection } from './connection'

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  return () => vi.useRealTimers()
})

it('does not show a loss shorter than two seconds', () => {
  const connection = useConnection()
  connection.set('online')
  connection.set('lost')
  vi.advanceTimersByTime(1999)
  expect(connection.interrupted).toBe(false)
  connection.set('online')
  vi.advanceTimersByTime(60_000)
  expect(connection.interrupted).toBe(false)
})

it('shows a loss after two seconds, counted from the loss and not from the last attempt', () => {
  const connection = useConnection()
  connection.set('online')
  connection.set('lost')
  vi.advanceTimersByTime(1500)
  connection.set('lost')
  vi.advanceTimersByTime(500)
  expect(connection.interrupted).toBe(true)
  connection.set('online')
  expect(connection.interrupted).toBe(false)
})

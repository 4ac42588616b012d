import { afterEach, expect, it, vi } from 'vitest'
import { keep, kept } from './keep'

/** A database that is opened, and closed by the browser as soon as a transaction in it has begun, of which nothing ends. */
function closedAtWork(): object {
  const database: { onclose?: () => void; [name: string]: unknown } = {
    close: () => undefined,
    transaction: () => {
      queueMicrotask(() => database.onclose?.())
      return { objectStore: () => ({ getAll: () => ({}), put: () => ({}), count: () => ({}) }) }
    },
  }
  return {
    open: () => {
      const opening: { result: object; onsuccess?: () => void } = { result: database }
      queueMicrotask(() => opening.onsuccess?.())
      return opening
    },
  }
}

afterEach(() => vi.unstubAllGlobals())

it('waits for nothing in a database that the browser has removed', async () => {
  vi.stubGlobal('indexedDB', closedAtWork())
  vi.stubGlobal('IDBKeyRange', { bound: () => ({}) })
  expect(await kept('')).toEqual([])
  expect(await keep('key', {})).toBe(false)
})

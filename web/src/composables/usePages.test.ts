import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { Problem } from '@/api/problem'
import { i18n } from '@/i18n'
import { usePages } from './usePages'

beforeEach(() => setActivePinia(createPinia()))

/** Runs a composable as a component's setup does. */
function within<T>(use: () => T): T {
  let used: T | undefined
  mount({ setup: () => ((used = use()), () => null) }, { global: { plugins: [i18n] } })
  return used as T
}

const PAGES: Record<string, { items: number[]; next_cursor: string | null }> = {
  first: { items: [1, 2], next_cursor: 'second' },
  second: { items: [3], next_cursor: null },
}

it('loads a list page by page, and takes what has changed', async () => {
  const { list, more, hasMore, replace } = within(() =>
    usePages((cursor: string | null) => Promise.resolve(PAGES[cursor ?? 'first'] as (typeof PAGES)[string])),
  )
  expect(list.value).toBeNull()
  await vi.waitFor(() => expect([list.value, hasMore.value]).toEqual([[1, 2], true]))
  await more()
  expect([list.value, hasMore.value]).toEqual([[1, 2, 3], false])
  replace((item) => item === 2, 20)
  expect(list.value).toEqual([1, 20, 3])
})

it('says why a list could not be loaded, and loads it again', async () => {
  let works = false
  const fetch = () =>
    works ? Promise.resolve({ items: [1], next_cursor: null }) : Promise.reject(Problem.offline())
  const { list } = within(() => usePages(fetch))
  await vi.waitFor(() => expect(list.problem?.code).toBe('offline'))
  works = true
  await list.load()
  expect([list.value, list.problem]).toEqual([[1], null])
})

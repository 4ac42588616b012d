import { shallowReactive } from 'vue'
import { problemOf, type Problem } from '@/api/problem'

/** What a page loads: null until it is there, with the reason if it could not be loaded. */
export interface Loaded<T> {
  value: T | null
  problem: Problem | null
  load: () => Promise<void>
}

/** Loads something now, and again on demand. */
export function useLoad<T>(fetch: () => Promise<T>): Loaded<T> {
  const loaded = shallowReactive<Loaded<T>>({ value: null, problem: null, load })

  async function load(): Promise<void> {
    try {
      loaded.value = await fetch()
      loaded.problem = null
    } catch (thrown) {
      loaded.problem = problemOf(thrown)
    }
  }
  void load()
  return loaded
}

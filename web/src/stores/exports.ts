import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { problemOf } from '@/api/problem'
import type { Export } from '@/api/types'
import * as users from '@/api/users'
import { load as stored, save } from '@/lib/storage'

/** The copy of all that is the user's own. */
export const useExports = defineStore('exports', () => {
  const current = shallowRef<Export | null>(null)

  /** Loads the copy; null if there is none, or none any more. */
  async function fetch(): Promise<Export | null> {
    try {
      return await users.viewExport()
    } catch (thrown) {
      const problem = problemOf(thrown)
      if (problem.status === 404) return null
      throw problem
    }
  }

  function set(to: Export | null): void {
    current.value = to
    save('export', to ? true : null)
  }

  /** Loads the copy, where this browser knows that one was asked for. */
  async function load(): Promise<void> {
    if (stored('export') !== null) set(await fetch())
  }

  /** Asks for a copy, unless there is one, which another device asked for. */
  async function request(): Promise<void> {
    set((await fetch()) ?? { ...(await users.requestExport()), url: null })
  }

  /** Takes that the copy can be fetched; its address is for this session, and so in no event. */
  function receive(): void {
    save('export', true)
    // Until then it is shown as being made, and loaded when it is next shown.
    load().catch(() => undefined)
  }

  return { current, load, request, receive }
})

import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { load, save } from '@/lib/storage'
import { useSession } from './session'

/** The unsent text of each room, kept in the browser's storage. */
export const useDrafts = defineStore('drafts', () => {
  const session = useSession()
  const rooms = shallowReactive(new Map<string, string>())
  const keyOf = (room: string) => `draft.${session.me}.${room}`

  function of(room: string): string {
    const known = rooms.get(room)
    if (known !== undefined) return known
    const stored = load(keyOf(room))
    return typeof stored === 'string' ? stored : ''
  }

  function set(room: string, text: string): void {
    rooms.set(room, text)
    save(keyOf(room), text || null)
  }

  return { of, set }
})

import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { load, onStored, save } from '@/lib/storage'
import { useSession } from './session'

/** The unsent text of each room, kept in the browser's storage and the same in all tabs. */
export const useDrafts = defineStore('drafts', () => {
  const session = useSession()
  const rooms = shallowReactive(new Map<string, string>())
  const keyOf = (room: string) => `draft.${session.me}.${room}`

  function of(room: string): string {
    return rooms.get(room) ?? stored(keyOf(room))
  }

  function set(room: string, text: string): void {
    rooms.set(room, text)
    save(keyOf(room), text || null)
  }

  // Another tab changed a draft, or sent it.
  onStored((key) => {
    const prefix = keyOf('')
    if (key.startsWith(prefix)) rooms.set(key.slice(prefix.length), stored(key))
  })

  return { of, set }
})

function stored(key: string): string {
  const text = load(key)
  return typeof text === 'string' ? text : ''
}

import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import * as chatrooms from '@/api/chatrooms'
import { load, onStored, save } from '@/lib/storage'
import { useRooms } from './rooms'
import { useSession } from './session'

/** How long nothing is written until a draft is sent to the other devices. */
const PAUSE_MS = 1500

/** The unsent text of each room, kept in the browser's storage, the same in all tabs, and then on all devices. */
export const useDrafts = defineStore('drafts', () => {
  const session = useSession()
  const rooms = useRooms()
  const texts = shallowReactive(new Map<string, string>())
  /** The rooms whose drafts were not sent yet. */
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  const keyOf = (room: string) => `draft.${session.me}.${room}`

  function of(room: string): string {
    return texts.get(room) ?? (stored(keyOf(room)) || (rooms.items.get(room)?.draft ?? ''))
  }

  function set(room: string, text: string): void {
    keep(room, text)
    clearTimeout(timers.get(room))
    timers.set(
      room,
      // One that is gone, because it was sent, is gone on the other devices as well.
      setTimeout(() => void send(room), text ? PAUSE_MS : 0),
    )
  }

  function keep(room: string, text: string): void {
    texts.set(room, text)
    save(keyOf(room), text || null)
  }

  async function send(room: string): Promise<void> {
    timers.delete(room)
    const known = rooms.items.get(room)
    const draft = of(room).trim() ? of(room) : null
    if (!known || known.draft === draft) return
    rooms.patch(room, { draft })
    try {
      await chatrooms.setSettings(room, { draft })
    } catch {
      // It stays here, and is sent when it changes again.
      rooms.patch(room, { draft: known.draft })
    }
  }

  /** Takes a draft from another device, unless one is written here. */
  function receive(room: string, draft: string | null): void {
    if (!timers.has(room)) keep(room, draft ?? '')
  }

  /** Drops the draft of a room that the user has left. */
  function remove(room: string): void {
    clearTimeout(timers.get(room))
    timers.delete(room)
    keep(room, '')
  }

  // Another tab changed a draft, or sent it.
  onStored((key) => {
    const prefix = keyOf('')
    if (key.startsWith(prefix)) texts.set(key.slice(prefix.length), stored(key))
  })

  return { of, set, receive, remove }
})

function stored(key: string): string {
  const text = load(key)
  return typeof text === 'string' ? text : ''
}

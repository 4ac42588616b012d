import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import * as chatrooms from '@/api/chatrooms'
import type { Message, ReadMark } from '@/api/types'
import { usePeople } from './people'

/** How far each member has read, of the rooms that were opened. */
export const useMarks = defineStore('marks', () => {
  const people = usePeople()
  const rooms = shallowReactive(new Map<string, ReadonlyMap<number, number>>())
  const asked = new Set<string>()

  /** Asks for the marks of a room, once. */
  async function load(room: string): Promise<void> {
    if (asked.has(room)) return
    asked.add(room)
    try {
      const { marks, participants } = await chatrooms.view(room)
      participants.forEach(people.learn)
      put(room, new Map(marks.map(({ user_id, last_read_seq }) => [user_id, last_read_seq])))
    } catch {
      // Until the room is opened again the counts that came with the messages stand.
      asked.delete(room)
    }
  }

  /** Marks only ever move forward, so it does not matter which news is the newer one. */
  function put(room: string, news: ReadonlyMap<number, number>): void {
    if (!asked.has(room)) return
    const moved = new Map(rooms.get(room))
    for (const [user, seq] of news) moved.set(user, Math.max(seq, moved.get(user) ?? 0))
    rooms.set(room, moved)
  }

  /** Moves somebody's mark. */
  function moved(mark: ReadMark): void {
    put(mark.chatroom_id, new Map([[mark.user_id, mark.last_read_seq]]))
  }

  /** Whoever writes has read everything before it. */
  function wrote({ chatroom_id, sender_id, seq }: Message): void {
    put(chatroom_id, new Map([[sender_id, seq]]))
  }

  /** How many but its sender have read a message; at least as many as it came with. */
  function readBy({ chatroom_id, sender_id, seq, read_by_count }: Message): number {
    let count = 0
    for (const [user, upTo] of rooms.get(chatroom_id) ?? []) if (user !== sender_id && upTo >= seq) count += 1
    return Math.max(count, read_by_count)
  }

  /** Forgets everything, because it may be of another history; the room on screen is asked for again. */
  async function renew(current: string | null): Promise<void> {
    const again = current !== null && asked.has(current)
    rooms.clear()
    asked.clear()
    if (again) await load(current)
  }

  return { load, moved, wrote, readBy, renew }
})

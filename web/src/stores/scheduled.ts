import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import * as api from '@/api/scheduled'
import type { NewMessage, ScheduledMessage } from '@/api/types'

/** The messages that wait for their time, in the rooms that were opened. */
export const useScheduled = defineStore('scheduled', () => {
  const rooms = shallowReactive(new Map<string, readonly ScheduledMessage[]>())
  const has = (room: string) => rooms.has(room)
  const of = (room: string): readonly ScheduledMessage[] => rooms.get(room) ?? []

  /** Takes all messages of a room that wait. */
  function receive(room: string, scheduled: readonly ScheduledMessage[]): void {
    rooms.set(room, scheduled)
  }

  /** Drops everything; rooms load theirs when they are shown. */
  const clear = () => rooms.clear()

  const load = async (room: string) => receive(room, await api.list(room))

  async function add(room: string, message: NewMessage, time: Date): Promise<void> {
    await api.add(room, message, time.toISOString())
    await load(room)
  }

  async function remove(room: string, id: string): Promise<void> {
    await api.remove(room, id)
    receive(
      room,
      of(room).filter((each) => each.scheduled_id !== id),
    )
  }

  return { has, of, receive, clear, load, add, remove }
})

import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { tell } from '@/live/socket'

const SHOWN_MS = 6000
const TOLD_MS = 3000

/** Who is typing, and telling others that one is. */
export const useTyping = defineStore('typing', () => {
  const rooms = shallowReactive(new Map<string, readonly number[]>())
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  let told: { room: string; at: number } | null = null

  /** Takes in that somebody types, or stopped; whoever falls silent stops by himself. */
  function heard(room: string, user: number, typing: boolean): void {
    const key = `${room}:${user}`
    clearTimeout(timers.get(key))
    timers.delete(key)
    const others = (rooms.get(room) ?? []).filter((id) => id !== user)
    rooms.set(room, typing ? [...others, user] : others)
    if (typing)
      timers.set(
        key,
        setTimeout(() => heard(room, user, false), SHOWN_MS),
      )
  }

  /** Tells the room that one types, at most every three seconds. */
  function typing(room: string): void {
    if (told?.room === room && Date.now() - told.at < TOLD_MS) return
    told = { room, at: Date.now() }
    tell('typing', { chatroom_id: room, is_typing: true })
  }

  /** Tells the room that one stopped. */
  function stopped(room: string): void {
    if (told?.room !== room) return
    told = null
    tell('typing', { chatroom_id: room, is_typing: false })
  }

  return { rooms, heard, typing, stopped }
})

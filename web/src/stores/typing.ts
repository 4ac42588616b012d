import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { emitVolatile } from '@/live/socket'

const SHOWN_MS = 6000
const RESEND_MS = 3000

/** Who is typing in each room, and the own typing events. */
export const useTyping = defineStore('typing', () => {
  const rooms = shallowReactive(new Map<string, readonly number[]>())
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  let sent: { room: string; at: number } | null = null

  /** Takes a typing event; without another one it ends after six seconds. */
  function receive(room: string, user: number, typing: boolean): void {
    const key = `${room}:${user}`
    clearTimeout(timers.get(key))
    timers.delete(key)
    const known = rooms.get(room) ?? []
    if (known.includes(user) !== typing)
      rooms.set(room, typing ? [...known, user] : known.filter((id) => id !== user))
    if (!typing) return
    const expire = () => receive(room, user, false)
    timers.set(key, setTimeout(expire, SHOWN_MS))
  }

  /** Sends that the user types in a room, at most every three seconds. */
  function start(room: string): void {
    if (sent?.room === room && Date.now() - sent.at < RESEND_MS) return
    sent = { room, at: Date.now() }
    emitVolatile('typing', { chatroom_id: room, is_typing: true })
  }

  /** Sends that the user stopped typing in a room. */
  function stop(room: string): void {
    if (sent?.room !== room) return
    sent = null
    emitVolatile('typing', { chatroom_id: room, is_typing: false })
  }

  return { rooms, receive, start, stop }
})

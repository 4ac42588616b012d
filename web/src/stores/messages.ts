import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import * as chatrooms from '@/api/chatrooms'
import { problemOf, type Problem } from '@/api/problem'
import type { Message } from '@/api/types'
import { beforeGap, merge, newestRun } from '@/lib/timeline'
import { usePeople } from './people'

/** What is loaded of a room: an unbroken run of messages that ends with the newest. */
export interface Timeline {
  readonly messages: readonly Message[]
  readonly hasOlder: boolean
  readonly loading: 'no' | 'newest' | 'older'
  readonly problem: Problem | null
}

const PAGE = 50
const MOST = 200
const EMPTY: Timeline = { messages: [], hasOlder: true, loading: 'no', problem: null }

/** The messages of the rooms that were opened. */
export const useMessages = defineStore('messages', () => {
  const people = usePeople()
  const rooms = shallowReactive(new Map<string, Timeline>())
  const filling = new Map<string, Promise<void>>()

  const of = (room: string): Timeline => rooms.get(room) ?? EMPTY
  const isLoaded = (room: string): boolean => rooms.has(room) && of(room).loading !== 'newest'

  function set(room: string, change: Partial<Timeline>): void {
    rooms.set(room, { ...of(room), ...change })
  }

  function take(room: string, incoming: readonly Message[], change: Partial<Timeline> = {}): void {
    incoming.forEach((message) => people.learnSender(Object.freeze(message)))
    set(room, { messages: merge(of(room).messages, incoming), ...change })
  }

  /** Loads the newest messages of a room, at least `atLeast` of them; again after it failed. */
  async function open(room: string, atLeast = 0): Promise<void> {
    if (of(room).loading === 'newest') return
    if (of(room).messages.length > 0) return catchUp(room)
    const limit = Math.min(MOST, Math.max(PAGE, atLeast))
    set(room, { loading: 'newest', problem: null })
    try {
      const page = await chatrooms.messages(room, { limit })
      take(room, page, { hasOlder: page.length === limit, loading: 'no' })
      await fill(room)
    } catch (thrown) {
      set(room, { loading: 'no', problem: problemOf(thrown) })
    }
  }

  /** Loads the page before the oldest message. */
  async function older(room: string): Promise<void> {
    const { messages, hasOlder, loading } = of(room)
    const first = messages[0]
    if (!first || !hasOlder || loading !== 'no') return
    set(room, { loading: 'older', problem: null })
    try {
      const page = await chatrooms.messages(room, { limit: PAGE, before_id: first.message_id })
      take(room, page, { hasOlder: page.length === PAGE, loading: 'no' })
    } catch (thrown) {
      set(room, { loading: 'no', problem: problemOf(thrown) })
    }
  }

  /** Takes in a message that is new or was just sent; what it shows to be missing is fetched. */
  function receive(message: Message): void {
    const room = message.chatroom_id
    if (!rooms.has(room)) return
    take(room, [message])
    void fill(room)
  }

  // One filling at a time for each room; the caller after it finds nothing to do.
  function fill(room: string): Promise<void> {
    const running = filling.get(room) ?? fillGaps(room).finally(() => filling.delete(room))
    filling.set(room, running)
    return running
  }

  async function fillGaps(room: string): Promise<void> {
    for (let gap = beforeGap(of(room).messages); gap; gap = beforeGap(of(room).messages)) {
      if (of(room).loading === 'newest') return
      try {
        const page = await chatrooms.messages(room, { limit: MOST, after_id: gap.message_id })
        take(room, page)
      } catch {
        // Reconnecting calls again; until then the messages stand in order with one missing.
        return
      }
      if (beforeGap(of(room).messages)?.seq === gap.seq) {
        set(room, { messages: newestRun(of(room).messages), hasOlder: true })
        return
      }
    }
  }

  /** Fetches what a loaded room missed; after a long absence it starts anew from the newest page. */
  async function catchUp(room: string): Promise<void> {
    const last = of(room).messages.at(-1)
    if (!last) return
    try {
      const page = await chatrooms.messages(room, { limit: MOST, after_id: last.message_id })
      if (page.length < MOST) {
        take(room, page)
        return
      }
      const newest = await chatrooms.messages(room, { limit: PAGE })
      rooms.delete(room)
      take(room, newest, { hasOlder: newest.length === PAGE })
    } catch (thrown) {
      set(room, { problem: problemOf(thrown) })
    }
  }

  /** Loads the newest page again, for what changed on messages that are there (who has read them). */
  async function refreshNewest(room: string): Promise<void> {
    const page = await chatrooms.messages(room, { limit: PAGE }).catch(() => [])
    if (rooms.has(room)) take(room, page)
  }

  /** After a lost connection: the room on screen catches up, the others load when they are opened again. */
  async function resync(current: string | null): Promise<void> {
    for (const room of rooms.keys()) if (room !== current) rooms.delete(room)
    if (current !== null && rooms.has(current)) await open(current)
  }

  return { rooms, of, isLoaded, open, older, receive, refreshNewest, resync }
})

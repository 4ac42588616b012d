import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import * as chatrooms from '@/api/chatrooms'
import { problemOf, type Problem } from '@/api/problem'
import type { Hidden, Message } from '@/api/types'
import { joined, requoted } from '@/lib/message'
import { beforeGap, between, merge, newestRun } from '@/lib/timeline'
import { usePeople } from './people'

/** What is loaded of a room: an unbroken run of messages that ends with the newest. */
export interface Timeline {
  readonly messages: readonly Message[]
  readonly hasOlder: boolean
  readonly loading: 'no' | 'newest' | 'older'
  readonly problem: Problem | null
}

/** What was told of messages while a page was on its way, which may be older; null where one was hidden. */
type Told = Map<number, Message | null>

const PAGE = 50
const MOST = 200
/** How many pages are fetched anew at most to keep the place of a reader. */
const RENEWED = 5
const EMPTY: Timeline = { messages: [], hasOlder: true, loading: 'no', problem: null }

/** The messages of the rooms that were opened. */
export const useMessages = defineStore('messages', () => {
  const people = usePeople()
  const rooms = shallowReactive(new Map<string, Timeline>())
  const filling = new Map<string, Promise<void>>()
  const awaited = new Map<string, Set<Told>>()
  /** The places of rooms where the reader sees nothing, because he has hidden what was there. */
  const empty = new Map<string, Set<number>>()

  const of = (room: string): Timeline => rooms.get(room) ?? EMPTY
  const isLoaded = (room: string): boolean => rooms.has(room) && of(room).loading !== 'newest'
  const emptyIn = (room: string): ReadonlySet<number> => empty.get(room) ?? new Set()

  function set(room: string, change: Partial<Timeline>): void {
    rooms.set(room, { ...of(room), ...change })
  }

  function take(room: string, incoming: readonly Message[], change: Partial<Timeline> = {}): void {
    incoming.forEach((message) => people.learnSender(Object.freeze(message)))
    set(room, { messages: merge(of(room).messages, incoming, joined), ...change })
  }

  function leaveEmpty(room: string, seqs: readonly number[]): void {
    if (seqs.length > 0) empty.set(room, new Set([...emptyIn(room), ...seqs]))
  }

  /** Fetches a page, up to date with what is told meanwhile, and whether it is full; `edge` is the `seq` it begins or ends beside. */
  async function page(room: string, wanted: chatrooms.Page, edge?: number) {
    const told: Told = new Map()
    const here = awaited.get(room) ?? new Set()
    awaited.set(room, here.add(told))
    try {
      const found = await chatrooms.messages(room, wanted)
      const seqs = found.map((message) => message.seq)
      leaveEmpty(room, between([...seqs, ...(edge === undefined ? [] : [edge])].sort((a, b) => a - b)))
      const messages = found.flatMap((message) => {
        const news = told.get(message.seq)
        return news === undefined ? [message] : news === null ? [] : [joined(message, news)]
      })
      return { messages, full: found.length === wanted.limit }
    } finally {
      here.delete(told)
    }
  }

  /** Loads the newest messages of a room, at least `atLeast` of them, unless it is loaded; again after it failed. */
  async function open(room: string, atLeast = 0): Promise<void> {
    if (of(room).loading === 'newest' || of(room).messages.length > 0) return
    const limit = Math.min(MOST, Math.max(PAGE, atLeast))
    set(room, { loading: 'newest', problem: null })
    try {
      const { messages, full } = await page(room, { limit })
      take(room, messages, { hasOlder: full, loading: 'no' })
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
      const before = await page(room, { limit: PAGE, before_id: first.message_id }, first.seq)
      take(room, before.messages, { hasOlder: before.full, loading: 'no' })
    } catch (thrown) {
      set(room, { loading: 'no', problem: problemOf(thrown) })
    }
  }

  /** Takes in a message that is new or was just sent; what it shows to be missing is fetched. */
  function receive(message: Message): void {
    const room = message.chatroom_id
    // What is known of it already may be newer than the news of its sending.
    if (!rooms.has(room) || of(room).messages.some((known) => known.seq === message.seq)) return
    const quote = message.reply_to
    const hidden = quote !== null && emptyIn(room).has(quote.seq)
    take(room, hidden ? requoted([message], quote.message_id, null) : [message])
    void fill(room)
  }

  /** Takes in what became of a message, and of the quotes of it. */
  function change(message: Message): void {
    const room = message.chatroom_id
    for (const told of awaited.get(room) ?? []) told.set(message.seq, message)
    const known = of(room).messages.some((each) => each.seq === message.seq)
    if (known) take(room, [message])
    requote(room, message.message_id, message)
  }

  /** Takes out a message that the reader has deleted for himself. */
  function hide({ chatroom_id: room, message_id, seq }: Hidden): void {
    leaveEmpty(room, [seq])
    for (const told of awaited.get(room) ?? []) told.set(seq, null)
    if (!rooms.has(room)) return
    set(room, { messages: of(room).messages.filter((message) => message.seq !== seq) })
    requote(room, message_id, null)
  }

  function requote(room: string, id: number, news: Message | null): void {
    const { messages } = of(room)
    const changed = requoted(messages, id, news)
    if (changed !== messages) set(room, { messages: changed })
  }

  // One filling at a time for each room; the caller after it finds nothing to do.
  function fill(room: string): Promise<void> {
    const running = filling.get(room) ?? fillGaps(room).finally(() => filling.delete(room))
    filling.set(room, running)
    return running
  }

  async function fillGaps(room: string): Promise<void> {
    const next = () => beforeGap(of(room).messages, emptyIn(room))
    for (let gap = next(); gap; gap = next()) {
      if (of(room).loading === 'newest') return
      try {
        const after = await page(room, { limit: MOST, after_id: gap.message_id }, gap.seq)
        take(room, after.messages)
      } catch {
        // The next message calls again; until then the messages stand in order with one missing.
        return
      }
      if (next()?.seq === gap.seq) {
        set(room, { messages: newestRun(of(room).messages, emptyIn(room)), hasOlder: true })
        return
      }
    }
  }

  /** Fetches anew what is loaded of the room on screen; the others load when they are opened again. */
  async function renew(current: string | null): Promise<void> {
    const first = current === null ? undefined : rooms.get(current)?.messages[0]
    for (const room of rooms.keys()) if (room !== current) rooms.delete(room)
    empty.clear()
    if (current === null || !first) return
    try {
      let { messages, full } = await page(current, { limit: MOST })
      for (let n = 1; n < RENEWED && full; n += 1) {
        const top = messages[0]
        if (!top || top.seq <= first.seq) break
        const before = await page(current, { limit: MOST, before_id: top.message_id }, top.seq)
        messages = [...before.messages, ...messages]
        full = before.full
      }
      set(current, { messages: messages.map((message) => Object.freeze(message)), hasOlder: full })
    } catch (thrown) {
      set(current, { ...EMPTY, problem: problemOf(thrown) })
    }
  }

  return { rooms, of, isLoaded, open, older, receive, change, hide, renew }
})

import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import * as chatrooms from '@/api/chatrooms'
import { problemOf, type Problem } from '@/api/problem'
import type { Message, MessageHidden, MessagePreviewed } from '@/api/types'
import { keepReadState, updateQuotes } from '@/lib/message'
import { newestPart, type OfflineTimeline } from '@/lib/offlineCopy'
import { pageUpdates } from '@/lib/pageUpdates'
import { after, beforeGap, indexOf, merge, missingSeqs, newestRun } from '@/lib/timeline'
import { usePeople } from './people'

/** The loaded messages of a room: a run without gaps, which ends with the newest unless there are newer ones. */
interface Timeline {
  readonly messages: readonly Message[]
  readonly hasOlder: boolean
  readonly hasNewer: boolean
  /** What is being loaded: a run that replaces what is there, or a page at one of its ends. */
  readonly loading: 'no' | 'run' | 'older' | 'newer'
  readonly problem: Problem | null
}

const PAGE = 50
const LARGEST_PAGE = 200
/** A time before all messages. */
const BEGINNING = '1970-01-01T00:00:00Z'
/** The most pages loaded anew to keep the reader's scroll position. */
const RELOADED_PAGES = 5
const EMPTY: Timeline = { messages: [], hasOlder: true, hasNewer: false, loading: 'no', problem: null }

/** The messages of the rooms that were opened. */
export const useMessages = defineStore('messages', () => {
  const people = usePeople()
  const rooms = shallowReactive(new Map<string, Timeline>())
  const filling = new Map<string, Promise<void>>()
  const updates = pageUpdates<Message>()
  /** The `seq` of each hidden message, by room. */
  const hidden = new Map<string, Set<number>>()
  /** The newest message received of each room of which newer ones than those loaded exist. */
  const unplaced = new Map<string, Message>()

  const of = (room: string): Timeline => rooms.get(room) ?? EMPTY
  function find(room: string, seq: number): Message | undefined {
    const { messages } = of(room)
    const found = messages[indexOf(messages, seq)]
    return found?.seq === seq ? found : undefined
  }
  const hiddenIn = (room: string): ReadonlySet<number> => hidden.get(room) ?? new Set()

  function set(room: string, change: Partial<Timeline>): void {
    rooms.set(room, { ...of(room), ...change })
  }

  function add(room: string, incoming: readonly Message[], change: Partial<Timeline> = {}): void {
    incoming.forEach((message) => people.updateFromMessage(Object.freeze(message)))
    set(room, { messages: merge(of(room).messages, incoming, keepReadState), ...change })
  }

  function addHidden(room: string, seqs: readonly number[]): void {
    if (seqs.length > 0) hidden.set(room, new Set([...hiddenIn(room), ...seqs]))
  }

  /** Fetches a page, with the updates received meanwhile; `edge` is the `seq` that it begins or ends beside. */
  async function page(room: string, wanted: chatrooms.Page, edge?: number) {
    const { found, messages } = await updates.during(room, () => chatrooms.messages(room, wanted))
    const seqs = found.map((message) => message.seq)
    addHidden(room, missingSeqs([...seqs, ...(edge === undefined ? [] : [edge])].sort((a, b) => a - b)))
    return { messages, full: found.length === wanted.limit }
  }

  /** Loads the newest messages of a room, at least `atLeast` of them, unless it is loaded; again after it failed. */
  async function open(room: string, atLeast = 0): Promise<void> {
    if (of(room).loading === 'run' || of(room).messages.length > 0) return
    const limit = Math.min(LARGEST_PAGE, Math.max(PAGE, atLeast))
    await load(room, 'run', async () => {
      const { messages, full } = await page(room, { limit })
      add(room, messages, { hasOlder: full })
    })
    await fill(room)
  }

  /** Loads the run that ends with the newest messages, unless that is the one that is loaded. */
  async function openNewest(room: string): Promise<void> {
    if (of(room).hasNewer) rooms.set(room, EMPTY)
    await open(room)
  }

  /** Loads the messages around one, unless it is loaded; false if there is no such message. */
  async function openAround(room: string, id: number): Promise<boolean> {
    const has = () => of(room).messages.some((message) => message.message_id === id)
    if (!has()) {
      await load(room, 'run', async () => {
        const { messages } = await page(room, { limit: PAGE * 2, around_id: id })
        // Either end may be the room's: the next page tells.
        if (messages.length > 0) replace(room, messages, { hasOlder: true, hasNewer: true })
      })
      // That there is no such message is the answer.
      if (of(room).problem?.status === 404) set(room, { problem: null })
    }
    return has()
  }

  /** Loads the oldest messages after one, which is the last that was read; null for the first of the room. */
  async function openAfter(room: string, id: number | null): Promise<void> {
    if (id !== null && (await openAround(room, id))) return
    await load(room, 'run', async () => {
      const where = id === null ? { at: BEGINNING } : { after_id: id }
      const { messages, full } = await page(room, { limit: PAGE, ...where })
      replace(room, messages, { hasOlder: id !== null, hasNewer: full })
    })
    await fill(room)
  }

  async function load(
    room: string,
    loading: Exclude<Timeline['loading'], 'no'>,
    fetch: () => Promise<void>,
  ): Promise<void> {
    set(room, { loading, problem: null })
    try {
      await fetch()
      set(room, { loading: 'no' })
    } catch (thrown) {
      set(room, { loading: 'no', problem: problemOf(thrown) })
    }
  }

  function replace(room: string, messages: readonly Message[], change: Partial<Timeline>): void {
    const last = messages.at(-1)?.seq ?? 0
    // What was received meanwhile follows the newest one; what is missing between is fetched.
    set(room, { messages: change.hasNewer ? [] : after(of(room).messages, last) })
    add(room, messages, change)
  }

  /** Loads the page before the oldest message. */
  async function older(room: string): Promise<void> {
    const { messages, hasOlder, loading } = of(room)
    const first = messages[0]
    if (!first || !hasOlder || loading !== 'no') return
    await load(room, 'older', async () => {
      const before = await page(room, { limit: PAGE, before_id: first.message_id }, first.seq)
      add(room, before.messages, { hasOlder: before.full })
    })
  }

  /** Loads the page after the newest message of a run that does not end with the newest of the room. */
  async function newer(room: string): Promise<void> {
    const { messages, hasNewer, loading } = of(room)
    const last = messages.at(-1)
    if (!last || !hasNewer || loading !== 'no') return
    await load(room, 'newer', async () => {
      const after = await page(room, { limit: PAGE, after_id: last.message_id }, last.seq)
      add(room, after.messages, { hasNewer: after.full })
    })
    const received = unplaced.get(room)
    if (of(room).hasNewer || !received) return
    // What was received while the last page was on its way.
    unplaced.delete(room)
    receive(received)
  }

  /** Takes a new message, received or sent; the messages missing before it are fetched. */
  function receive(message: Message): void {
    const room = message.chatroom_id
    // A known message may have been updated since.
    if (!rooms.has(room) || find(room, message.seq)) return
    if (of(room).hasNewer) {
      unplaced.set(room, message)
      return
    }
    const quote = message.reply_to
    const quotesHidden = quote !== null && hiddenIn(room).has(quote.seq)
    add(room, quotesHidden ? updateQuotes([message], quote.message_id, null) : [message])
    void fill(room)
  }

  /** Takes an updated message, and updates the quotes of it. */
  function update(message: Message): void {
    const room = message.chatroom_id
    updates.add(room, message.seq, (found) => keepReadState(found, message))
    if (find(room, message.seq)) add(room, [message])
    setQuotes(room, message.message_id, message)
  }

  /** Takes the preview of a message's link; null takes it away. */
  function receivePreview({ chatroom_id: room, seq, preview }: MessagePreviewed): void {
    const previewed = (message: Message) => ({ ...message, preview: preview ?? undefined })
    updates.add(room, seq, previewed)
    const known = find(room, seq)
    if (known) add(room, [previewed(known)])
  }

  /** Removes a hidden message. */
  function hide({ chatroom_id: room, message_id, seq }: MessageHidden): void {
    addHidden(room, [seq])
    updates.add(room, seq, () => null)
    if (!rooms.has(room)) return
    set(room, { messages: of(room).messages.filter((message) => message.seq !== seq) })
    setQuotes(room, message_id, null)
  }

  /** Drops a room that the user has left. */
  function remove(room: string): void {
    rooms.delete(room)
    hidden.delete(room)
    unplaced.delete(room)
  }

  /** The newest messages of a room, for the next start; null where they are not loaded. */
  const toKeep = (room: string) => (of(room).hasNewer ? null : newestPart(room, of(room), hiddenIn(room)))

  /** Takes the newest messages of a room as they were kept. */
  function restore({ room, messages, hidden: seqs, hasOlder }: OfflineTimeline): void {
    addHidden(room, seqs)
    add(room, messages, { hasOlder })
  }

  function setQuotes(room: string, id: number, quoted: Message | null): void {
    const { messages } = of(room)
    const updated = updateQuotes(messages, id, quoted)
    if (updated !== messages) set(room, { messages: updated })
  }

  // One at a time for each room; a second caller waits for the first.
  function fill(room: string): Promise<void> {
    const running = filling.get(room) ?? fillGaps(room).finally(() => filling.delete(room))
    filling.set(room, running)
    return running
  }

  async function fillGaps(room: string): Promise<void> {
    const next = () => beforeGap(of(room).messages, hiddenIn(room))
    for (let gap = next(); gap; gap = next()) {
      if (of(room).loading === 'run') return
      try {
        const after = await page(room, { limit: LARGEST_PAGE, after_id: gap.message_id }, gap.seq)
        add(room, after.messages)
      } catch {
        // The next message tries again; until then the messages are shown with a gap.
        return
      }
      if (next()?.seq === gap.seq) {
        set(room, { messages: newestRun(of(room).messages, hiddenIn(room)), hasOlder: true })
        return
      }
    }
  }

  /** Loads the room on screen anew, as far back as it was; the others are loaded when they are opened. */
  async function reload(current: string | null): Promise<void> {
    const first = current === null ? undefined : rooms.get(current)?.messages[0]
    for (const room of rooms.keys()) if (room !== current) rooms.delete(room)
    hidden.clear()
    unplaced.clear()
    if (current === null || !first) return
    if (of(current).hasNewer) return reloadAround(current, first)
    try {
      let { messages, full } = await page(current, { limit: LARGEST_PAGE })
      for (let n = 1; n < RELOADED_PAGES && full; n += 1) {
        const top = messages[0]
        if (!top || top.seq <= first.seq) break
        const before = await page(current, { limit: LARGEST_PAGE, before_id: top.message_id }, top.seq)
        messages = [...before.messages, ...messages]
        full = before.full
      }
      set(current, { messages: messages.map((message) => Object.freeze(message)), hasOlder: full })
    } catch (thrown) {
      set(current, { ...EMPTY, problem: problemOf(thrown) })
    }
  }

  async function reloadAround(room: string, first: Message): Promise<void> {
    const { messages } = of(room)
    const middle = messages[messages.length >> 1] ?? first
    rooms.set(room, EMPTY)
    if (!(await openAround(room, middle.message_id))) await open(room)
  }

  return {
    rooms,
    of,
    open,
    openNewest,
    openAround,
    openAfter,
    older,
    newer,
    receive,
    update,
    receivePreview,
    hide,
    remove,
    toKeep,
    restore,
    reload,
  }
})

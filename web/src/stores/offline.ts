import { defineStore } from 'pinia'
import { watch } from 'vue'
import type { Room } from '@/api/types'
import {
  isExpired,
  keepOffline,
  offlineCopy,
  offlineTimelines,
  TIMELINES_MAX,
  unexpired,
  type OfflineTimeline,
} from '@/lib/offlineCopy'
import { load } from '@/lib/storage'
import { useBlocks } from './blocks'
import { useFriends } from './friends'
import { useMessages } from './messages'
import { usePeople } from './people'
import { useRooms } from './rooms'
import { useSession } from './session'

/** How long changes are gathered before they are kept. */
const PAUSE_MS = 250

/** The copy of the account that the browser keeps, to start from at once and without a network. */
export const useOffline = defineStore('offline', () => {
  const session = useSession()
  const people = usePeople()
  const rooms = useRooms()
  const messages = useMessages()
  const friends = useFriends()
  const blocks = useBlocks()
  /** The messages of each timeline as they were last kept, by room; null before everything was. */
  let written: ReadonlyMap<string, unknown> | null = null

  /** Shows what was kept at the last visit; returns the cursor up to which it is complete, null without a copy. */
  async function restore(): Promise<string | null> {
    const [copy, timelines] = await Promise.all([offlineCopy(session.me), offlineTimelines()])
    if (!copy || rooms.loaded) return null
    const now = Date.now()
    timelines.forEach((timeline) => messages.restore(unexpired(timeline, now)))
    copy.rooms.forEach((room) => rooms.upsert(asLeft(room, now)))
    const { received, sent } = copy.friends
    friends.take({
      friends: copy.friends.friends.map(away),
      received: received.map(away),
      sent: sent.map(away),
    })
    blocks.list = copy.blocks
    // Last, because rooms and messages have them as they once were.
    copy.profiles.forEach(people.update)
    rooms.loaded = true
    return copy.cursor
  }

  /** Keeps the copy up to date, in one tab at a time; `cursor` is null while what is shown may be older than it. */
  function keepUp(cursor: () => string | null): () => void {
    const ended = new AbortController()
    // Locks exist on secure origins only; where there is none, tabs would mix what they keep.
    const locks = navigator.locks as LockManager | undefined
    void locks
      ?.request('chatroom-offline', { signal: ended.signal }, () => writeUntil(ended.signal, cursor))
      .catch(() => undefined)
    return () => ended.abort()
  }

  function writeUntil(ended: AbortSignal, cursor: () => string | null): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const writeNow = () => {
      clearTimeout(timer)
      timer = undefined
      if (!ended.aborted && !write(cursor())) later()
    }
    const later = () => (timer ??= setTimeout(writeNow, PAUSE_MS))
    const unwatch = watch(
      () => [
        session.user,
        [...rooms.items.values()],
        [...messages.rooms.values()],
        [...people.profiles.values()],
        [friends.friends, friends.received, friends.sent, blocks.list],
      ],
      later,
      { immediate: true },
    )
    const onHidden = () => document.visibilityState === 'hidden' && timer !== undefined && writeNow()
    document.addEventListener('visibilitychange', onHidden)
    return new Promise((resolve) => {
      ended.addEventListener('abort', () => {
        unwatch()
        clearTimeout(timer)
        document.removeEventListener('visibilitychange', onHidden)
        resolve()
      })
    })
  }

  /** Keeps what has changed; false if that is not possible yet. */
  function write(cursor: string | null): boolean {
    const { user } = session
    // Another user may have signed in meanwhile in another tab.
    if (!user || load('session') !== user.user_id) return true
    if (cursor === null || !rooms.loaded || !friends.loaded || rooms.problem || friends.problem) return false
    const wanted = new Map([...rooms.list, ...rooms.archived].flatMap(timelineOf).slice(0, TIMELINES_MAX))
    const changed = [...wanted].filter(([room]) => written?.get(room) !== messages.of(room).messages)
    // What another tab kept is dropped by the first write.
    const dropped = written ? [...written.keys()].filter((room) => !wanted.has(room)) : ['']
    written = new Map([...wanted.keys()].map((room) => [room, messages.of(room).messages]))
    const keeping = keepOffline(
      {
        user,
        cursor,
        rooms: [...rooms.items.values()],
        friends: { friends: friends.friends, received: friends.received, sent: friends.sent },
        blocks: blocks.list,
        profiles: [...people.profiles.values()],
      },
      changed.map(([, timeline]) => timeline),
      dropped,
    )
    void keeping.then((done) => {
      if (!done) written = null
    })
    return true
  }

  function timelineOf({ chatroom_id }: Room): [string, OfflineTimeline][] {
    const timeline = messages.toKeep(chatroom_id)
    return timeline?.messages.length ? [[chatroom_id, timeline]] : []
  }

  return { restore, keepUp }
})

/** Of the copy nobody is known to be online. */
function away<T extends { online: boolean }>(known: T): T {
  return { ...known, online: false }
}

/** A room of the copy, without a last message that has disappeared since. */
function asLeft(room: Room, now: number): Room {
  const gone = room.last_message !== null && isExpired(room.last_message, now)
  return { ...away(room), ...(gone && { last_message: null }) }
}

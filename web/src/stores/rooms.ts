import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef } from 'vue'
import * as chatrooms from '@/api/chatrooms'
import { problemOf, type Problem } from '@/api/problem'
import type { Hidden, Message, OwnReadMark, ReadMark, RoomItem } from '@/api/types'
import { ask, connected } from '@/live/socket'
import { usePeople } from './people'
import { useSession } from './session'

/** The conversation list. */
export const useRooms = defineStore('rooms', () => {
  const session = useSession()
  const people = usePeople()
  const items = shallowReactive(new Map<string, RoomItem>())
  const loaded = ref(false)
  const problem = shallowRef<Problem | null>(null)
  /** The room on screen. */
  const current = ref<string | null>(null)

  const list = computed(() => [...items.values()].sort((a, b) => activity(b).localeCompare(activity(a))))
  const unread = computed(() => list.value.reduce((sum, room) => sum + room.unread_count, 0))

  /** What events have told of rooms while an answer was on its way, which may be older. */
  const awaited = new Set<Set<string>>()

  async function fetched<T>(ask: () => Promise<T>): Promise<[T, Set<string>]> {
    const told = new Set<string>()
    awaited.add(told)
    try {
      return [await ask(), told]
    } finally {
      awaited.delete(told)
    }
  }

  /** Loads the list anew; with `over`, it takes the place of whatever is known. */
  async function load(over = false): Promise<void> {
    try {
      const [fresh, told] = await fetched(chatrooms.list)
      const ids = new Set(fresh.map((room) => room.chatroom_id))
      for (const id of items.keys()) if (over || !ids.has(id)) items.delete(id)
      fresh.forEach((room) => upsert(room, told))
      loaded.value = true
      problem.value = null
    } catch (thrown) {
      problem.value = problemOf(thrown)
    }
  }

  /** Takes in a room as the server lists it; of what was told meanwhile, the news stand. */
  function upsert(room: RoomItem, told?: ReadonlySet<string>): void {
    const known = items.get(room.chatroom_id)
    people.learnRoom(room)
    if (room.last_message) people.learnSender(room.last_message)
    if (!known) {
      items.set(room.chatroom_id, room)
      return
    }
    // An answer that was on its way while an event came in must not take the list back.
    const behind = known.last_seq > room.last_seq
    const { last_message, last_seq, unread_count } = known
    const stands = behind || (told?.has(room.chatroom_id) === true && known.last_seq === room.last_seq)
    items.set(room.chatroom_id, {
      ...room,
      ...(stands && { last_message, last_seq, unread_count }),
      last_read_seq: Math.max(known.last_read_seq, room.last_read_seq),
      peer_read_seq: Math.max(known.peer_read_seq, room.peer_read_seq),
      peer_delivered_seq: Math.max(known.peer_delivered_seq, room.peer_delivered_seq),
    })
  }

  function patch(id: string, change: Partial<RoomItem>): void {
    const room = items.get(id)
    if (!room) return
    items.set(id, { ...room, ...change })
    for (const told of awaited) told.add(id)
  }

  /** Opens the direct room with somebody, or makes a group; returns the room's id. */
  async function openWith(members: number[], name?: string): Promise<string> {
    const { chatroom_id } = await chatrooms.open(members, name)
    if (!items.has(chatroom_id)) await load()
    return chatroom_id
  }

  /** Takes in a new message, with the unread count the server gave it if it is not one's own. */
  function received(message: Message, unread_count?: number): void {
    const room = items.get(message.chatroom_id)
    if (!room) {
      void load()
      return
    }
    people.learnSender(message)
    if (message.seq <= room.last_seq) return
    patch(room.chatroom_id, {
      last_message: message,
      last_seq: message.seq,
      ...(unread_count !== undefined && { unread_count }),
      ...readByWriting(room, message),
    })
  }

  /** Takes in what became of a message, if it is the one that the list shows. */
  function changed(message: Message): void {
    const shown = items.get(message.chatroom_id)?.last_message
    if (shown?.message_id === message.message_id) patch(message.chatroom_id, { last_message: message })
  }

  /** Takes a message out of the list that the reader has hidden; what stands before it the server knows. */
  async function hidden({ chatroom_id, message_id }: Hidden): Promise<void> {
    if (items.get(chatroom_id)?.last_message?.message_id !== message_id) return
    try {
      const [room, told] = await fetched(() => chatrooms.view(chatroom_id))
      upsert(room, told)
    } catch {
      // Rather nothing than what is to be seen no more.
      patch(chatroom_id, { last_message: null })
    }
  }

  /** Whoever writes in a room has read it up to there; the server says no more about it than the message itself. */
  function readByWriting(room: RoomItem, { sender_id, seq, message_id }: Message): Partial<RoomItem> {
    if (sender_id === session.me)
      return { last_read_seq: seq, last_read_message_id: message_id, unread_count: 0 }
    return room.is_group ? {} : { peer_read_seq: seq, peer_delivered_seq: seq }
  }

  /** Moves somebody's marks forward; the own marks come from another device. */
  function marked(mark: ReadMark): void {
    const room = items.get(mark.chatroom_id)
    if (!room) return
    if (mark.user_id === session.me) {
      if (mark.last_read_seq <= room.last_read_seq) return
      const rest = Math.max(0, room.last_seq - mark.last_read_seq)
      patch(room.chatroom_id, {
        last_read_seq: mark.last_read_seq,
        last_read_message_id: mark.last_read_id,
        unread_count: Math.min(room.unread_count, rest),
      })
    } else if (!room.is_group) {
      patch(room.chatroom_id, {
        peer_read_seq: Math.max(room.peer_read_seq, mark.last_read_seq),
        peer_delivered_seq: Math.max(room.peer_delivered_seq, mark.last_delivered_seq, mark.last_read_seq),
      })
    }
  }

  /** Marks a room as read up to a message. */
  async function markRead(id: string, upTo: { message_id: number; seq: number }): Promise<void> {
    const room = items.get(id)
    if (!room || (room.last_read_seq >= upTo.seq && room.unread_count === 0)) return
    const before = { last_read_seq: room.last_read_seq, unread_count: room.unread_count }
    const newest = upTo.seq >= room.last_seq
    patch(id, { last_read_seq: upTo.seq, ...(newest && { unread_count: 0 }) })
    try {
      const payload = { chatroom_id: id, message_id: upTo.message_id }
      const mark = connected()
        ? await ask<OwnReadMark>('mark_read', payload)
        : await chatrooms.markRead(id, upTo.message_id)
      const now = items.get(id)
      if (now && now.last_seq <= upTo.seq) patch(id, { unread_count: mark.unread_count })
    } catch {
      // The next look at the room, or the next connection, tries again.
      patch(id, before)
    }
  }

  return {
    items,
    list,
    unread,
    loaded,
    problem,
    current,
    load,
    upsert,
    openWith,
    received,
    changed,
    hidden,
    marked,
    markRead,
  }
})

/** The moment by which rooms are ordered. */
function activity(room: RoomItem): string {
  return room.last_message?.timestamp ?? room.created_at
}

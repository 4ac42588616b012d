import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef } from 'vue'
import * as chatrooms from '@/api/chatrooms'
import { call } from '@/api/client'
import { problemOf, type Problem } from '@/api/problem'
import type { Message, MessageHidden, Receipt, Room, ServerEvents } from '@/api/types'
import { changes, inOrder, isMuted, isRequest, mentions } from '@/lib/room'
import { request } from '@/live/socket'
import { usePeople } from './people'
import { useSession } from './session'

/** What the server calls a room without a name. */
const UNNAMED = 'private chatroom'
type RoomLook = Omit<ServerEvents['chatroom_updated'], 'pos'>
type MessagePinned = Omit<ServerEvents['message_pinned'], 'pos'>
/** A message that is pinned to its room. */
export type Pin = NonNullable<MessagePinned['pin']>

/** The rooms of the user, and the one on screen. */
export const useRooms = defineStore('rooms', () => {
  const session = useSession()
  const people = usePeople()
  const items = shallowReactive(new Map<string, Room>())
  const loaded = ref(false)
  const problem = shallowRef<Problem | null>(null)
  /** What is pinned to the rooms that were opened, the last pinned first. */
  const pins = shallowReactive(new Map<string, readonly Pin[]>())
  /** The rooms whose pins have changed since they were last requested. */
  const repinned = new Set<string>()
  /** The room on screen. */
  const current = ref<string | null>(null)

  const all = computed(() => [...items.values()].sort(inOrder))
  /** What the list shows: neither archived rooms nor what strangers ask. */
  const list = computed(() => all.value.filter((room) => !room.archived && !isRequest(room)))
  const archived = computed(() => all.value.filter((room) => room.archived && !isRequest(room)))
  const requests = computed(() => all.value.filter(isRequest))
  const unread = computed(() =>
    list.value.reduce((sum, room) => sum + (isMuted(room) ? 0 : room.unread_count), 0),
  )

  /** For each request under way the rooms that events changed meanwhile, of which the answer may be older. */
  const changedMeanwhile = new Set<Set<string>>()

  async function fetched<T>(fetch: () => Promise<T>): Promise<[T, Set<string>]> {
    const changed = new Set<string>()
    changedMeanwhile.add(changed)
    try {
      return [await fetch(), changed]
    } finally {
      changedMeanwhile.delete(changed)
    }
  }

  /** Loads the list; with `anew`, nothing that is known is kept. */
  async function load(anew = false): Promise<void> {
    try {
      const [fresh, changed] = await fetched(chatrooms.list)
      const ids = new Set(fresh.map((room) => room.chatroom_id))
      for (const id of items.keys()) if (anew || !ids.has(id)) items.delete(id)
      if (anew) pins.clear()
      // What has changed and is not there any more was left meanwhile.
      const stays = ({ chatroom_id: id }: Room) => items.has(id) || !changed.has(id)
      fresh.filter(stays).forEach((room) => upsert(room, changed))
      loaded.value = true
      problem.value = null
    } catch (thrown) {
      problem.value = problemOf(thrown)
    }
  }

  /** Loads one room anew. */
  async function refresh(id: string): Promise<void> {
    const [room, changed] = await fetched(() => chatrooms.view(id))
    upsert(room, changed)
  }

  /** Takes a room; of a room in `changed` the newest message and the unread count that are known are kept. */
  function upsert(room: Room, changed?: ReadonlySet<string>): void {
    const known = items.get(room.chatroom_id)
    people.updateFromRoom(room)
    if (room.last_message) people.updateFromMessage(room.last_message)
    if (!known) {
      items.set(room.chatroom_id, room)
      return
    }
    const older = known.last_seq > room.last_seq
    const { last_message, last_seq, unread_count } = known
    const keep = older || (changed?.has(room.chatroom_id) === true && known.last_seq === room.last_seq)
    items.set(room.chatroom_id, {
      ...room,
      ...(keep && { last_message, last_seq, unread_count }),
      last_read_seq: Math.max(known.last_read_seq, room.last_read_seq),
      peer_read_seq: Math.max(known.peer_read_seq, room.peer_read_seq),
      peer_delivered_seq: Math.max(known.peer_delivered_seq, room.peer_delivered_seq),
    })
  }

  function patch(id: string, change: Partial<Room>): void {
    const room = items.get(id)
    if (!room) return
    for (const changed of changedMeanwhile) changed.add(id)
    if (changes(room, change)) items.set(id, { ...room, ...change })
  }

  /** Takes the name and the picture of a group. */
  function receiveLook({ chatroom_id, chatroom_name, avatar_url }: RoomLook): void {
    const name = chatroom_name ?? UNNAMED
    patch(chatroom_id, { chatroom_name: name, friend_name: name, username: name, avatar_url })
  }

  /** Removes a room that the user has left. */
  function remove(id: string): void {
    items.delete(id)
    pins.delete(id)
    for (const changed of changedMeanwhile) changed.add(id)
  }

  /** Opens the direct room with somebody, or creates a group; returns the room's id. */
  async function openWith(members: number[], name?: string): Promise<string> {
    const { chatroom_id } = await chatrooms.open(members, name)
    if (!items.has(chatroom_id)) await load()
    return chatroom_id
  }

  /** Takes a new message, with the room's unread count unless the message is the user's own. */
  function receive(message: Message, unread_count?: number): void {
    const room = items.get(message.chatroom_id)
    if (!room) {
      void load()
      return
    }
    people.updateFromMessage(message)
    if (message.seq <= room.last_seq) return
    const answers = isAnswer(room, message)
    patch(room.chatroom_id, {
      last_message: message,
      last_seq: message.seq,
      ...(unread_count !== undefined && { unread_count }),
      ...(mentions(message, session.me) && { mention_count: room.mention_count + 1 }),
      ...receiptOfSender(room, message),
    })
    // Sending reads what is before it, which no receipt says. Whether the other shows it, only the server knows.
    if (answers) refresh(room.chatroom_id).catch(() => undefined)
  }

  /** Whether the other member answers what they have not been seen to read. */
  function isAnswer(room: Room, { sender_id }: Message): boolean {
    const mine = room.last_message?.sender_id === session.me
    return mine && sender_id === room.user_id && room.peer_read_seq < room.last_seq
  }

  function receiptOfSender(room: Room, { sender_id, seq, message_id }: Message): Partial<Room> {
    if (sender_id === session.me)
      return { last_read_seq: seq, last_read_message_id: message_id, unread_count: 0, mention_count: 0 }
    // Webhooks send without being members.
    return sender_id === room.user_id ? { peer_delivered_seq: seq } : {}
  }

  /** Takes an updated message, if it is the newest of its room. */
  function update(message: Message): void {
    const newest = items.get(message.chatroom_id)?.last_message
    if (newest?.message_id === message.message_id) patch(message.chatroom_id, { last_message: message })
    const pin = pinOf(message)
    if (pin) receivePin({ ...message, pin: message.deleted ? null : { ...pin, message } })
  }

  /** Loads what is pinned to a room; again if that changed meanwhile. */
  async function loadPins(id: string): Promise<void> {
    const path = { chatroom_id: id }
    repinned.delete(id)
    const found = await call('GET', '/chatrooms/{chatroom_id}/pins', { path })
    if (repinned.delete(id)) return loadPins(id)
    pins.set(id, found)
  }

  const pinOf = ({ chatroom_id, message_id }: Pick<Message, 'chatroom_id' | 'message_id'>) =>
    pins.get(chatroom_id)?.find(({ message }) => message.message_id === message_id)

  /** Takes that a message was pinned or unpinned. */
  function receivePin({ chatroom_id, message_id, pin }: MessagePinned): void {
    repinned.add(chatroom_id)
    const known = pins.get(chatroom_id)
    if (!known) return
    const others = known.filter(({ message }) => message.message_id !== message_id)
    const all = pin ? [pin, ...others] : others
    pins.set(
      chatroom_id,
      all.sort((a, b) => b.pinned_at.localeCompare(a.pinned_at)),
    )
  }

  /** Pins a message for all members of its room, or unpins it. */
  async function setPinned({ chatroom_id, message_id }: Message, on: boolean): Promise<void> {
    const at = '/chatrooms/{chatroom_id}/messages/{message_id}/pin'
    const path = { chatroom_id, message_id }
    receivePin({ ...path, pin: on ? await call('PUT', at, { path }) : await call('DELETE', at, { path }) })
  }

  /** The hidden messages whose rooms are being loaded. */
  const hiding = new Set<number>()

  /** Removes a hidden message, if it is the newest of its room, and loads the one before it. */
  async function hide({ chatroom_id, message_id }: MessageHidden): Promise<void> {
    receivePin({ chatroom_id, message_id, pin: null })
    const newest = items.get(chatroom_id)?.last_message
    if (newest?.message_id !== message_id || hiding.has(message_id)) return
    hiding.add(message_id)
    try {
      await refresh(chatroom_id)
    } catch {
      patch(chatroom_id, { last_message: null })
    } finally {
      hiding.delete(message_id)
    }
  }

  /** Takes a receipt: the user's own, from another device, or in a direct room the other's. */
  function receiveReceipt(receipt: Receipt): void {
    const room = items.get(receipt.chatroom_id)
    if (!room) return
    if (receipt.user_id === session.me) {
      if (receipt.last_read_seq <= room.last_read_seq) return
      const rest = Math.max(0, room.last_seq - receipt.last_read_seq)
      patch(room.chatroom_id, {
        last_read_seq: receipt.last_read_seq,
        last_read_message_id: receipt.last_read_id,
        unread_count: Math.min(room.unread_count, rest),
        ...(rest === 0 && { mention_count: 0 }),
      })
    } else if (!room.is_group) {
      patch(room.chatroom_id, {
        peer_read_seq: Math.max(room.peer_read_seq, receipt.last_read_seq),
        peer_delivered_seq: Math.max(
          room.peer_delivered_seq,
          receipt.last_delivered_seq,
          receipt.last_read_seq,
        ),
      })
    }
  }

  /** Marks a room as read up to a message. */
  async function markRead(id: string, upTo: Pick<Message, 'message_id' | 'seq'>): Promise<void> {
    const room = items.get(id)
    if (!room || (room.last_read_seq >= upTo.seq && room.unread_count === 0)) return
    const before = { last_read_seq: room.last_read_seq, unread_count: room.unread_count }
    const newest = upTo.seq >= room.last_seq
    patch(id, { last_read_seq: upTo.seq, ...(newest && { unread_count: 0, mention_count: 0 }) })
    try {
      const payload = { chatroom_id: id, message_id: upTo.message_id }
      const rest = () => chatrooms.markRead(id, upTo.message_id)
      // Hidden messages right after the last one that is shown are read with it.
      const { last_read_seq, unread_count } = await request('mark_read', payload, rest)
      const now = items.get(id)
      if (now && now.last_seq <= last_read_seq) patch(id, { last_read_seq, unread_count })
    } catch {
      // The room is marked again when it is next shown, or after the next connection.
      patch(id, before)
    }
  }

  /** The rooms whose names contain a text, in the order of the list; all without one. */
  function named(text: string): Room[] {
    const wanted = text.trim().toLocaleLowerCase()
    const known = all.value.filter((room) => !isRequest(room))
    if (!wanted) return known
    return known.filter((room) =>
      [people.roomName(room), room.username].some((name) => name.toLocaleLowerCase().includes(wanted)),
    )
  }

  return {
    items,
    list,
    archived,
    requests,
    named,
    unread,
    loaded,
    problem,
    pins,
    current,
    load,
    upsert,
    patch,
    receiveLook,
    remove,
    openWith,
    receive,
    update,
    hide,
    loadPins,
    pinOf,
    receivePin,
    setPinned,
    receiveReceipt,
    markRead,
  }
})

import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import * as chatrooms from '@/api/chatrooms'
import type { Marks, Message, Receipt } from '@/api/types'
import { useMembers } from './members'

/** How far each member has read, in the rooms that were opened. */
export const useReceipts = defineStore('receipts', () => {
  const members = useMembers()
  /** By room and member, the `seq` up to which the member has read. */
  const rooms = shallowReactive(new Map<string, ReadonlyMap<number, number>>())
  const requested = new Set<string>()

  /** Loads the receipts of a room, once. */
  async function load(room: string): Promise<void> {
    if (requested.has(room)) return
    requested.add(room)
    try {
      const { marks, participants } = await chatrooms.view(room)
      members.set(room, participants)
      advance(room, new Map(marks.map(({ user_id, last_read_seq }) => [user_id, last_read_seq])))
    } catch {
      // Until the room is opened again the counts that came with the messages are shown.
      requested.delete(room)
    }
  }

  // Receipts only move forward, so the order in which they are received does not matter.
  function advance(room: string, receipts: ReadonlyMap<number, number>): void {
    if (!requested.has(room)) return
    const merged = new Map(rooms.get(room))
    for (const [user, seq] of receipts) merged.set(user, Math.max(seq, merged.get(user) ?? 0))
    rooms.set(room, merged)
  }

  /** Takes a member's receipt. */
  function receive({ chatroom_id, user_id, last_read_seq }: Receipt): void {
    advance(chatroom_id, new Map([[user_id, last_read_seq]]))
  }

  /** Takes a message as its sender's receipt: sending reads everything before it, unless a webhook sends. */
  function receiveMessage({ chatroom_id, sender_id, seq }: Message): void {
    const known = rooms.get(chatroom_id)
    if (!known || known.has(sender_id)) advance(chatroom_id, new Map([[sender_id, seq]]))
  }

  /** Adds a member who has joined. */
  function addMember(room: string, { user_id, last_read_seq }: Marks): void {
    advance(room, new Map([[user_id, last_read_seq]]))
  }

  /** Drops a member who has left. */
  function removeMember(room: string, user: number): void {
    const known = rooms.get(room)
    if (known) rooms.set(room, new Map([...known].filter(([member]) => member !== user)))
  }

  /** The number of members, without the sender, who have read a message; at least its own count. */
  function readBy({ chatroom_id, sender_id, seq, read_by_count }: Message): number {
    let count = 0
    for (const [user, upTo] of rooms.get(chatroom_id) ?? []) if (user !== sender_id && upTo >= seq) count += 1
    return Math.max(count, read_by_count)
  }

  /** Drops everything, and loads the room on screen anew. */
  async function reload(current: string | null): Promise<void> {
    const again = current !== null && requested.has(current)
    rooms.clear()
    requested.clear()
    if (again) await load(current)
  }

  return { load, receive, receiveMessage, addMember, removeMember, readBy, reload }
})

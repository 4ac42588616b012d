import type { Message, Room } from '@/api/types'

type Listed = Pick<Room, 'pinned' | 'last_message' | 'created_at'>

/** Whether somebody who is no friend wants to talk, and the user has not accepted it. */
export function isRequest({ request }: Pick<Room, 'request'>): boolean {
  return request === 'received' || request === 'ignored'
}

/** Whether a room makes no noise now. */
export function isMuted({ muted_until }: Pick<Room, 'muted_until'>): boolean {
  return muted_until !== null && Date.parse(muted_until) > Date.now()
}

/** Compares rooms: pinned ones first, then the last active ones. */
export function inOrder(a: Listed, b: Listed): number {
  return Number(b.pinned) - Number(a.pinned) || activity(b).localeCompare(activity(a))
}

/** The time by which rooms are ordered. */
function activity(room: Listed): string {
  return room.last_message?.timestamp ?? room.created_at
}

/** Whether a message of somebody else mentions a user, or all members. */
export function mentions(message: Pick<Message, 'sender_id' | 'mentions'>, user: number): boolean {
  if (message.sender_id === user) return false
  return message.mentions?.some(({ user_id }) => user_id === null || user_id === user) === true
}

/** Whether a change makes a room another one. */
export function changes(room: Room, change: Partial<Room>): boolean {
  return Object.entries(change).some(([key, value]) => room[key as keyof Room] !== value)
}

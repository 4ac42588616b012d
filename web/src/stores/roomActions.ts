import * as chatrooms from '@/api/chatrooms'
import { request } from '@/live/socket'
import { useComposing } from './composing'
import { useDrafts } from './drafts'
import { useMessages } from './messages'
import { useOutbox } from './outbox'
import { useRooms } from './rooms'

/** Removes a group that the user has left, on this device or another, with all that is kept of it. */
export function left(room: string): void {
  useRooms().remove(room)
  useMessages().remove(room)
  useComposing().end(room)
  useOutbox().discardAll(room)
  useDrafts().set(room, '')
}

/** Leaves a group. */
export async function leave(room: string): Promise<void> {
  await request('leave_group', { chatroom_id: room }, () => chatrooms.leave(room))
  left(room)
}

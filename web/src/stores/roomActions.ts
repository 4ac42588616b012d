import * as chatrooms from '@/api/chatrooms'
import type { RoomSettingsChange } from '@/api/types'
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
  useDrafts().remove(room)
}

/** A time that nobody lives to see. */
export const FOREVER = '2999-12-31T00:00:00Z'

/** Changes what the user alone has set for a room, on all devices. */
export async function setRoom(room: string, change: RoomSettingsChange): Promise<void> {
  useRooms().patch(room, await chatrooms.setSettings(room, change))
}

/** Lets the messages that are sent to a room from now on disappear after so many seconds; null lets them stay. */
export async function setDisappearAfter(room: string, disappear_after: number | null): Promise<void> {
  await chatrooms.change(room, { disappear_after })
  useRooms().patch(room, { disappear_after })
}

/** Accepts or ignores what a stranger asks. */
export async function answerRequest(room: string, answer: 'accept' | 'ignore'): Promise<void> {
  await chatrooms.answerRequest(room, answer)
  useRooms().patch(room, { request: answer === 'accept' ? null : 'ignored' })
}

/** Leaves a group. */
export async function leave(room: string): Promise<void> {
  await request('leave_group', { chatroom_id: room }, () => chatrooms.leave(room))
  left(room)
}

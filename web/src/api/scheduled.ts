import { call } from './client'
import type { NewMessage } from './types'

/** The user's messages that wait to be sent to a room, the next first. */
export const list = (chatroom_id: string) =>
  call('GET', '/chatrooms/{chatroom_id}/scheduled', { path: { chatroom_id } })

/** Keeps a message that is sent at a time. */
export const add = (chatroom_id: string, message: NewMessage, send_at: string) =>
  call('POST', '/chatrooms/{chatroom_id}/scheduled', { path: { chatroom_id }, body: { ...message, send_at } })

/** Deletes a message that waits. */
export const remove = (chatroom_id: string, scheduled_id: string) =>
  call('DELETE', '/chatrooms/{chatroom_id}/scheduled/{scheduled_id}', { path: { chatroom_id, scheduled_id } })

import { call } from './client'

const of = (chatroom_id: string) => ({ path: { chatroom_id } })

/** The incoming webhooks of a room, without their addresses. */
export const list = (room: string) => call('GET', '/chatrooms/{chatroom_id}/webhooks', of(room))

/** Makes an incoming webhook, whose address is shown this once. */
export const create = (room: string, name: string) =>
  call('POST', '/chatrooms/{chatroom_id}/webhooks', { ...of(room), body: { name } })

/** Deletes an incoming webhook; its messages stay. */
export const remove = (chatroom_id: string, webhook_id: string) =>
  call('DELETE', '/chatrooms/{chatroom_id}/webhooks/{webhook_id}', { path: { chatroom_id, webhook_id } })

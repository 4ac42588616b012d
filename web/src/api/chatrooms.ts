import { http } from './http'
import type { Message, NewMessage, OwnReadMark, Room, RoomItem, RoomView } from './types'

export const list = () => http<RoomItem[]>('GET', '/chatrooms/')

/** Opens the direct room with one person, or makes a group of several. */
export const open = (members: number[], name?: string) =>
  http<Room>('POST', '/chatrooms/', { body: { members_id: members, ...(name && { chatroom_name: name }) } })

/** A room with its members, and how far each has got. */
export const view = (room: string) => http<RoomView>('GET', `/chatrooms/${room}`)

export interface Page {
  limit: number
  before_id?: number
  after_id?: number
}

/** A page of messages in ascending order: the newest, those before one, or those after one. */
export const messages = (room: string, page: Page) =>
  http<Message[]>('GET', `/chatrooms/${room}/messages`, { query: { ...page } })

/** Sends a message; the same `client_msg_id` is stored once and answers with what was stored. */
export const send = (room: string, message: NewMessage) =>
  http<Message>('POST', `/chatrooms/${room}/message`, { body: message })

/** Marks everything up to a message as read. */
export const markRead = (room: string, message_id: number) =>
  http<OwnReadMark>('POST', `/chatrooms/${room}/read`, { body: { message_id } })

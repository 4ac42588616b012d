import { http } from './http'
import type { Message, NewMessage, OpenedRoom, Receipt, Room, RoomDetails } from './types'

export const list = () => http<Room[]>('GET', '/chatrooms/')

/** Opens the direct room with one person, or creates a group of several. */
export const open = (members: number[], name?: string) =>
  http<OpenedRoom>('POST', '/chatrooms/', {
    body: { members_id: members, ...(name && { chatroom_name: name }) },
  })

/** A room with its members and their receipts. */
export const view = (room: string) => http<RoomDetails>('GET', `/chatrooms/${room}`)

export interface Page {
  limit: number
  before_id?: number
  after_id?: number
}

/** A page of messages in ascending order: the newest, those before one, or those after one. */
export const messages = (room: string, page: Page) =>
  http<Message[]>('GET', `/chatrooms/${room}/messages`, { query: { ...page } })

/** Sends a message; one `client_msg_id` is stored once, and a repeated send answers with the stored message. */
export const send = (room: string, message: NewMessage) =>
  http<Message>('POST', `/chatrooms/${room}/message`, { body: message })

/** Marks everything up to a message as read. */
export const markRead = (room: string, message_id: number) =>
  http<Receipt>('POST', `/chatrooms/${room}/read`, { body: { message_id } })

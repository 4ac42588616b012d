import type { Mention } from '@/lib/mentions'
import { call } from './client'
import type { Body } from './operations'
import type { Message, NewMessage, RoomSettingsChange } from './types'

export const list = () => call('GET', '/chatrooms', {})

/** Opens the direct room with one person, or creates a group of several. */
export const open = (members_id: number[], chatroom_name?: string) =>
  call('POST', '/chatrooms', { body: { members_id, ...(chatroom_name && { chatroom_name }) } })

/** A room with its members and their receipts. */
export const view = (chatroom_id: string) =>
  call('GET', '/chatrooms/{chatroom_id}', { path: { chatroom_id } })

export interface Page {
  limit: number
  before_id?: number
  after_id?: number
  around_id?: number
  at?: string
}

/** A page of messages in ascending order: the newest, those before or after one, one in their middle, or those since a time. */
export const messages = (chatroom_id: string, query: Page) =>
  call('GET', '/chatrooms/{chatroom_id}/messages', { path: { chatroom_id }, query })

/** Sends a message; one `client_msg_id` is stored once, and a repeated send answers with the stored message. */
export const send = (chatroom_id: string, body: NewMessage) =>
  call('POST', '/chatrooms/{chatroom_id}/message', { path: { chatroom_id }, body })

/** Changes what the user alone has set for a room. */
export const setSettings = (chatroom_id: string, body: RoomSettingsChange) =>
  call('PATCH', '/chatrooms/{chatroom_id}/settings', { path: { chatroom_id }, body })

/** Gives a group another name or picture, or a room another time after which its messages disappear. */
export const change = (chatroom_id: string, body: Body<'PATCH', '/chatrooms/{chatroom_id}'>) =>
  call('PATCH', '/chatrooms/{chatroom_id}', { path: { chatroom_id }, body })

/** Accepts or ignores what a stranger asks. */
export const answerRequest = (chatroom_id: string, answer: 'accept' | 'ignore') =>
  call('PUT', '/chatrooms/{chatroom_id}/request', { path: { chatroom_id }, body: { answer } })

/** Leaves a group. */
export const leave = (chatroom_id: string) =>
  call('DELETE', '/chatrooms/{chatroom_id}/participants/me', { path: { chatroom_id } })

const MESSAGE = '/chatrooms/{chatroom_id}/messages/{message_id}'

/** Names a message in a path. */
type MessagePath = Pick<Message, 'chatroom_id' | 'message_id'>
const pathOf = ({ chatroom_id, message_id }: MessagePath) => ({ chatroom_id, message_id })

/** Unsends a message of the user; answers with what is left of it. */
export const unsend = (message: MessagePath) =>
  call('DELETE', MESSAGE, { path: pathOf(message) }) as Promise<Message>

/** Hides a message from the user alone. */
export const hide = (message: MessagePath) =>
  call('DELETE', MESSAGE, { path: pathOf(message), query: { for: 'me' } })

/** Changes the text of a message, or the caption of its file. */
export const edit = (message: MessagePath, content: string, mentions: Mention[]) =>
  call('PATCH', MESSAGE, {
    path: pathOf(message),
    body: { content, ...(mentions.length > 0 && { mentions }) },
  })

/** Who has received and who has read a message. */
export const receipts = (message: MessagePath) =>
  call('GET', `${MESSAGE}/receipts`, { path: pathOf(message) })

const REACTION = `${MESSAGE}/reactions/{emoji}` as const

/** Puts a reaction to a message, or takes it off; answers with the message. */
export const react = (message: MessagePath, emoji: string, on: boolean) =>
  on
    ? call('PUT', REACTION, { path: { ...pathOf(message), emoji } })
    : call('DELETE', REACTION, { path: { ...pathOf(message), emoji } })

/** Marks everything up to a message as read. */
export const markRead = (chatroom_id: string, message_id: number) =>
  call('POST', '/chatrooms/{chatroom_id}/read', { path: { chatroom_id }, body: { message_id } })

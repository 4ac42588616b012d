/** The server's payloads, by the names the client gives them; the shapes come from its documents. */
import type { Requests, ServerEvents } from './generated/asyncapi'

export type { Requests, ServerEvents }

export type Message = ServerEvents['new_message']['message']
/** The kind of content a message carries. */
export type MessageKind = Message['message_type']
/** What a message answers; of an unsent or hidden message nothing but its `seq`. */
export type Quote = NonNullable<Message['reply_to']>
export type Reaction = Message['reactions'][number]
/** A message that the user hid for themself, on this device or another. */
export type MessageHidden = Omit<ServerEvents['message_hidden'], 'pos'>
/** How far a member has received and read the messages of a room. */
export type Receipt = Omit<ServerEvents['message_status'], 'pos'>
/** A room as one of its members sees it; in a direct room the other member's profile is part of it. */
export type Room = ServerEvents['chatroom_created']['chatroom']
/** What everybody may see of a person. */
export type Profile = ServerEvents['user_updated']['user']
export type Friend = ServerEvents['friend_accepted']['friend']
export type Presence = ServerEvents['presence']

/** A message as it is sent, without its room. */
export type NewMessage = WithoutRoom<Requests['send_message']['payload']>
/** An acknowledgement that refuses. */
export type Refused = Extract<Requests['send_message']['answer'], { ok: false }>
/** A page of the event log: what was missed since a cursor. */
export type LogPage = Omit<Extract<Requests['sync']['answer'], { ok: true }>, 'ok'>

type WithoutRoom<Payload> = Payload extends { chatroom_id: unknown } ? Omit<Payload, 'chatroom_id'> : never

/** An account as its owner sees it; others see it without the e-mail. */
export interface User extends Profile {
  email: string | null
  created_at: string
  updated_at: string
}

export interface FriendRequestResult {
  status: 'pending' | 'accepted'
  friend: Friend
}

/** What opening a room answers with; the list has the rest. */
export interface OpenedRoom {
  chatroom_id: string
}

/** A room with its members and their receipts. */
export interface RoomDetails extends Room {
  participants: Profile[]
  marks: { user_id: number; last_delivered_seq: number; last_read_seq: number }[]
}

export interface Tokens {
  access_token: string
  token_type: string
  expires_in: number
}

export interface Upload {
  url: string
  message_type: Exclude<MessageKind, 'text'>
}

/** The wire, as the server writes it. Names are the server's. */
export type MessageType = 'text' | 'image' | 'audio' | 'file' | 'video'
export type ReadStatus = 'unread' | 'delivered' | 'read'

/** An account as its owner sees it; others see it without the e-mail. */
export interface User {
  user_id: number
  username: string
  email: string | null
  nickname: string | null
  avatar_url: string | null
  status: string | null
  created_at: string
  updated_at: string
}

/** What everybody may see of a person. */
export interface Card {
  user_id: number
  username: string
  nickname: string | null
  avatar_url: string | null
  status?: string | null
}

export interface Friend extends Card {
  status: string | null
  online: boolean
  last_seen: string | null
  chatroom_id: string | null
}

export interface FriendRequestResult {
  status: 'pending' | 'accepted'
  friend: Friend
  chatroom_id?: string | null
}

export interface MessageUser {
  id: number
  username: string
  nickname: string | null
  profilePictureUrl: string | null
}

export interface Media {
  media_id: string
  file_name: string | null
  size: number | null
  content_type: string | null
  width: number | null
  height: number | null
}

export interface Message {
  message_id: number
  chatroom_id: string
  seq: number
  sender_id: number
  user: MessageUser | null
  content: string | null
  caption: string | null
  message_type: MessageType
  media_url: string | null
  media: Media | null
  read_status: ReadStatus
  read_by_count: number
  timestamp: string
  client_msg_id: string | null
  reply_to: Quote | null
  reactions: Reaction[]
  edited_at: string | null
  /** Whether it was unsent: then it has a place, a sender and a time, and nothing else. */
  deleted: boolean
}

/** What a message answers; of one that was unsent, or that the reader has hidden, nothing but its place. */
export interface Quote {
  message_id: number
  seq: number
  sender_id: number
  user: MessageUser | null
  content: string | null
  message_type: MessageType
  deleted: boolean
}

/** One emoji under a message, and who put it there. */
export interface Reaction {
  emoji: string
  count: number
  user_ids: number[]
}

/** A message that the reader has deleted for himself on another device. */
export interface Hidden {
  chatroom_id: string
  message_id: number
  seq: number
}

/** A room in the list; for a direct room the other person's card lies flat in it. */
export interface RoomItem {
  chatroom_id: string
  chatroom_name: string
  user_id: number | null
  username: string
  nickname: string | null
  avatar_url: string | null
  status: string | null
  is_group: boolean
  online: boolean
  last_message: Message | null
  unread_count: number
  last_seq: number
  last_read_seq: number
  last_read_message_id: number | null
  peer_delivered_seq: number
  peer_read_seq: number
  created_at: string
  updated_at: string
}

/** What opening a room answers with; the list has the rest. */
export interface Room {
  chatroom_id: string
  chatroom_name: string | null
  friend_name: string
}

/** A room as its members see it. */
export interface RoomView extends RoomItem {
  participants: Card[]
  /** How far each member has got. */
  marks: { user_id: number; last_delivered_seq: number; last_read_seq: number }[]
}

export interface NewMessage {
  content: string
  message_type: MessageType
  media_url?: string
  caption?: string
  client_msg_id: string
}

export interface ReadMark {
  chatroom_id: string
  user_id: number
  last_delivered_id: number | null
  last_read_id: number | null
  last_delivered_seq: number
  last_read_seq: number
}

export interface OwnReadMark extends ReadMark {
  unread_count: number
}

export interface Tokens {
  access_token: string
  token_type: string
  expires_in: number
}

export interface Uploaded {
  url: string
  message_type: MessageType
  media_id: string
  file_name: string | null
  size: number | null
  content_type: string | null
  width: number | null
  height: number | null
}

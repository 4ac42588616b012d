import * as chatrooms from '@/api/chatrooms'
import type { Message, MessageHidden } from '@/api/types'
import { useMessages } from './messages'
import { useOutbox } from './outbox'
import { useRooms } from './rooms'
import { useSelection } from './selection'
import { useSession } from './session'

/** Takes an updated message, from an answer or an event. */
export function updated(message: Message): void {
  if (message.deleted) useSelection().drop(message.message_id)
  useMessages().update(message)
  useRooms().update(message)
}

/** Takes a hidden message, from an answer or an event. */
export function hidden(message: MessageHidden): void {
  useSelection().drop(message.message_id)
  useMessages().hide(message)
  void useRooms().hide(message)
}

/** Unsends a message of the user. */
export async function unsend(message: Message): Promise<void> {
  updated(await chatrooms.unsend(message))
}

/** Hides a message from the user alone. */
export async function hide(message: Message): Promise<void> {
  await chatrooms.hide(message)
  hidden(message)
}

/** Puts the user's reaction to a message, or takes it off if it is there. */
export async function toggleReaction(message: Message, emoji: string): Promise<void> {
  const has = message.reactions.some(
    (reaction) => reaction.emoji === emoji && reaction.user_ids.includes(useSession().me),
  )
  updated(await chatrooms.react(message, emoji, !has))
}

/** Sends the content of a message on to a room, as a part of an album if it is one; a repeat with one key is stored once. */
export async function forward(message: Message, room: string, client_msg_id: string, album_id?: string) {
  const { chatroom_id, message_id } = message
  const forwarded_from = { chatroom_id, message_id }
  const album = album_id === undefined ? {} : { album_id }
  useOutbox().sent(await chatrooms.send(room, { forwarded_from, client_msg_id, ...album }))
}

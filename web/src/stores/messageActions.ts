import * as chatrooms from '@/api/chatrooms'
import type { Message, MessageHidden } from '@/api/types'
import { useMessages } from './messages'
import { useRooms } from './rooms'

/** Takes an updated message, from an answer or an event. */
export function updated(message: Message): void {
  useMessages().update(message)
  useRooms().update(message)
}

/** Takes a hidden message, from an answer or an event. */
export function hidden(message: MessageHidden): void {
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

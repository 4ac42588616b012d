import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import * as chatrooms from '@/api/chatrooms'
import type { Message } from '@/api/types'
import type { Mention } from '@/lib/mentions'
import { textOf } from '@/lib/message'
import { updated } from './messageActions'

/** What a room's composer writes beside a new message: an answer, or another text of a message. */
export type Composing =
  | { readonly kind: 'reply'; readonly message: Message }
  | { readonly kind: 'edit'; readonly message: Message; readonly text: string }

/** The answers and edits that are being written, by room. */
export const useComposing = defineStore('composing', () => {
  const rooms = shallowReactive(new Map<string, Composing>())
  const of = (room: string): Composing | null => rooms.get(room) ?? null

  /** Begins an answer to a message. */
  function reply(message: Message): void {
    rooms.set(message.chatroom_id, { kind: 'reply', message })
  }

  /** Begins to change the text of a message, or the caption of its file. */
  function edit(message: Message): void {
    rooms.set(message.chatroom_id, { kind: 'edit', message, text: textOf(message) })
  }

  /** Changes the text of the edit. */
  function write(room: string, text: string): void {
    const now = of(room)
    if (now?.kind === 'edit') rooms.set(room, { ...now, text })
  }

  /** Ends the answer or the edit. */
  function end(room: string): void {
    rooms.delete(room)
  }

  /** Saves the edit, which lasts until it is stored. */
  async function save(room: string, mentions: Mention[]): Promise<void> {
    const now = of(room)
    if (now?.kind !== 'edit') return
    const text = now.text.trim()
    if (text !== textOf(now.message)) updated(await chatrooms.edit(now.message, text, mentions))
    if (of(room) === now) end(room)
  }

  return { of, reply, edit, write, end, save }
})

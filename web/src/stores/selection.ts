import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { Message } from '@/api/types'
import { useMessages } from './messages'

/** The messages that are selected to do something with all of them, of one room at a time. */
export const useSelection = defineStore('selection', () => {
  const messages = useMessages()
  /** The room in which messages are being selected. */
  const room = ref<string | null>(null)
  const chosen = shallowRef<ReadonlyMap<number, Message>>(new Map())

  /** The selected messages in the order of the room, also those that are no longer loaded. */
  const selected = computed((): readonly Message[] => {
    const loaded = room.value === null ? [] : messages.of(room.value).messages
    const current = new Map(loaded.map((message) => [message.message_id, message]))
    return [...chosen.value.values()]
      .map((message) => current.get(message.message_id) ?? message)
      .sort((a, b) => a.seq - b.seq)
  })

  /** Begins with one message. */
  function begin(message: Message): void {
    room.value = message.chatroom_id
    chosen.value = new Map([[message.message_id, message]])
  }

  const has = ({ message_id }: Message) => chosen.value.has(message_id)

  /** Selects a message, or no longer. */
  function toggle(message: Message): void {
    if (has(message)) drop(message.message_id)
    else chosen.value = new Map([...chosen.value, [message.message_id, message]])
  }

  /** Takes a message out that is no longer selected, or gone. */
  function drop(id: number): void {
    if (chosen.value.has(id)) chosen.value = new Map([...chosen.value].filter(([each]) => each !== id))
  }

  /** Ends selecting. */
  function end(): void {
    room.value = null
    chosen.value = new Map()
  }

  return { room, selected, begin, has, toggle, drop, end }
})

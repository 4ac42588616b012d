import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { Card, Friend, Message, RoomItem } from '@/api/types'

/** Whether somebody is here, or when they were last. */
export interface Presence {
  online: boolean
  last_seen: string | null
}

/** The cards and the presence of everybody this page has met. */
export const usePeople = defineStore('people', () => {
  const cards = shallowReactive(new Map<number, Card>())
  const presence = shallowReactive(new Map<number, Presence>())

  /** Takes over a card; what it leaves out stays as it was. */
  function learn(card: Card): void {
    cards.set(card.user_id, { ...cards.get(card.user_id), ...card })
  }

  function learnFriend(friend: Friend): void {
    const { user_id, username, nickname, avatar_url, status } = friend
    learn({ user_id, username, nickname, avatar_url, status })
    presence.set(user_id, { online: friend.online, last_seen: friend.last_seen })
  }

  function learnRoom(room: RoomItem): void {
    if (room.is_group || room.user_id === null) return
    const { user_id, username, nickname, avatar_url, status } = room
    learn({ user_id, username, nickname, avatar_url, status })
    presence.set(user_id, { last_seen: presence.get(user_id)?.last_seen ?? null, online: room.online })
  }

  /** A sender's card comes with the message; it is older than what events have told since. */
  function learnSender(message: Message): void {
    const user = message.user
    if (!user || cards.has(user.id)) return
    const { id, username, nickname, profilePictureUrl } = user
    learn({ user_id: id, username, nickname, avatar_url: profilePictureUrl })
  }

  function setPresence(user_id: number, now: Presence): void {
    presence.set(user_id, now)
  }

  /** The name others see. */
  function nameOf(user_id: number | null, fallback = ''): string {
    const card = user_id === null ? undefined : cards.get(user_id)
    return card ? displayName(card) : fallback
  }

  return { cards, presence, learn, learnFriend, learnRoom, learnSender, setPresence, nameOf }
})

/** The nickname, or the username where there is none. */
export function displayName(card: { username: string; nickname?: string | null }): string {
  return card.nickname?.trim() ? card.nickname : card.username
}

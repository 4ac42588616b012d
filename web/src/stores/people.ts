import { defineStore } from 'pinia'
import { ref, shallowReactive } from 'vue'
import type { Friend, Message, Presence, Profile, Room } from '@/api/types'

/** Whether somebody is online, or when they were last. */
type Seen = Omit<Presence, 'user_id'>

/** The profiles and the presence of everybody this page knows of. */
export const usePeople = defineStore('people', () => {
  const profiles = shallowReactive(new Map<number, Profile>())
  const presence = shallowReactive(new Map<number, Seen>())
  /** The name of those whose accounts were deleted, in the reader's language. */
  const deletedName = ref('')

  /** Takes a profile. */
  function update({ user_id, username, nickname, avatar_url, status }: Profile): void {
    profiles.set(user_id, { user_id, username, nickname, avatar_url, status })
  }

  function updateFromFriend(friend: Friend): void {
    update(friend)
    setPresence(friend)
  }

  function updateFromRoom({ user_id, online, ...room }: Room): void {
    if (room.is_group || user_id === null) return
    update({ ...room, user_id })
    setPresence({ user_id, online, last_seen: presence.get(user_id)?.last_seen ?? null })
  }

  /** Takes the sender of a message, unless known: the profile in a message may be older than what is known. */
  function updateFromMessage({ user }: Message): void {
    if (profiles.has(user.id)) return
    const { id, username, nickname, profilePictureUrl } = user
    update({ user_id: id, username, nickname, avatar_url: profilePictureUrl, status: null })
  }

  function setPresence({ user_id, online, last_seen }: Presence): void {
    presence.set(user_id, { online, last_seen })
  }

  /** The name of a user; empty if unknown. */
  function nameOf(user_id: number): string {
    const profile = profiles.get(user_id)
    if (!profile) return ''
    return isDeleted(profile) && deletedName.value ? deletedName.value : displayName(profile)
  }

  /** The name of the sender of a message or a quoted one. */
  function senderName({ sender_id, user }: Pick<Message, 'sender_id' | 'user'>): string {
    return nameOf(sender_id) || displayName(user)
  }

  /** The name of a room: a group's own, or the other member's. */
  function roomName(room: Room): string {
    return (!room.is_group && room.user_id !== null && nameOf(room.user_id)) || displayName(room)
  }

  return {
    profiles,
    presence,
    deletedName,
    update,
    updateFromFriend,
    updateFromRoom,
    updateFromMessage,
    setPresence,
    nameOf,
    senderName,
    roomName,
  }
})

/** The nickname, or the username where there is none; of a group its name. */
export function displayName(profile: { username: string; nickname?: string | null }): string {
  return profile.nickname?.trim() ? profile.nickname : profile.username
}

/** Whether the account was deleted: the server renames it so, and lets nobody register such a name. */
export function isDeleted({ user_id, username }: Pick<Profile, 'user_id' | 'username'>): boolean {
  return username === `deleted_${user_id}`
}

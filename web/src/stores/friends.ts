import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import * as api from '@/api/friends'
import { problemOf, type Problem } from '@/api/problem'
import type { Friend, Profile } from '@/api/types'
import { displayName, usePeople } from './people'

/** How somebody is related to the signed-in user. */
type Relation = 'friend' | 'received' | 'sent' | 'none'

/** Friends, and friend requests received and sent. */
export const useFriends = defineStore('friends', () => {
  const people = usePeople()
  const friends = shallowRef<readonly Friend[]>([])
  const received = shallowRef<readonly Friend[]>([])
  const sent = shallowRef<readonly Friend[]>([])
  const loaded = ref(false)
  const problem = shallowRef<Problem | null>(null)

  const sorted = computed(() =>
    [...friends.value].sort((a, b) => displayName(a).localeCompare(displayName(b), undefined)),
  )

  /** Loads all three lists anew. */
  async function load(): Promise<void> {
    try {
      const lists = await Promise.all([api.list(), api.received(), api.sent()])
      take({ friends: lists[0], received: lists[1], sent: lists[2] })
      problem.value = null
    } catch (thrown) {
      problem.value = problemOf(thrown)
    }
  }

  /** Takes all three lists. */
  function take(lists: Readonly<Record<'friends' | 'received' | 'sent', readonly Friend[]>>): void {
    friends.value = lists.friends
    received.value = lists.received
    sent.value = lists.sent
    for (const list of Object.values(lists)) list.forEach(people.updateFromFriend)
    loaded.value = true
  }

  /** Loads the friends' presence, which is no event of the log; a failure is left to the next connection. */
  async function loadPresence(): Promise<void> {
    const list = await api.list().catch(() => [])
    list.forEach(people.setPresence)
  }

  const has = (list: readonly Friend[], id: number) => list.some((friend) => friend.user_id === id)

  function relationTo(id: number): Relation {
    if (has(friends.value, id)) return 'friend'
    if (has(received.value, id)) return 'received'
    return has(sent.value, id) ? 'sent' : 'none'
  }

  /** Moves somebody to the list of a relation. */
  function move(friend: Friend, to: Exclude<Relation, 'none'>): void {
    people.updateFromFriend(friend)
    remove(friend.user_id)
    if (to === 'friend') friends.value = [...friends.value, friend]
    else if (to === 'received') received.value = [friend, ...received.value]
    else sent.value = [friend, ...sent.value]
  }

  /** Removes somebody from every list. */
  function remove(id: number): void {
    change((list) => list.filter((friend) => friend.user_id !== id))
  }

  function change(of: (list: readonly Friend[]) => readonly Friend[]): void {
    for (const list of [friends, received, sent]) list.value = of(list.value)
  }

  /** Finds somebody by exact e-mail address or username; null if there is nobody. */
  async function search(text: string): Promise<Friend | null> {
    try {
      const found = await api.search(text)
      people.updateFromFriend(found)
      return found
    } catch (thrown) {
      if (problemOf(thrown).status === 404) return null
      throw thrown
    }
  }

  /** Asks somebody to be a friend; returns the room of the two if they had asked before. */
  async function request(id: number): Promise<string | null> {
    const { status, friend, chatroom_id } = await api.request(id)
    move(friend, status === 'accepted' ? 'friend' : 'sent')
    return status === 'accepted' ? chatroom_id : null
  }

  /** Accepts a request; returns the room of the two. */
  async function accept(id: number): Promise<string | null> {
    const friend = await api.accept(id)
    move(friend, 'friend')
    return friend.chatroom_id
  }

  async function reject(id: number): Promise<void> {
    await api.reject(id)
    remove(id)
  }

  async function cancel(id: number): Promise<void> {
    await api.cancel(id)
    remove(id)
  }

  async function unfriend(id: number): Promise<void> {
    await api.remove(id)
    remove(id)
  }

  /** Takes a friend's new profile. */
  function updateProfile(profile: Profile): void {
    change((list) =>
      list.map((friend) => (friend.user_id === profile.user_id ? { ...friend, ...profile } : friend)),
    )
  }

  return {
    friends: sorted,
    received,
    sent,
    loaded,
    problem,
    load,
    take,
    loadPresence,
    relationTo,
    move,
    remove,
    search,
    request,
    accept,
    reject,
    cancel,
    unfriend,
    updateProfile,
  }
})

import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import * as api from '@/api/friends'
import { problemOf, type Problem } from '@/api/problem'
import type { Card, Friend } from '@/api/types'
import { displayName, usePeople } from './people'

/** How somebody stands to the signed-in person. */
export type Relation = 'friend' | 'received' | 'sent' | 'none'

/** Friends, and requests both ways. */
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
      ;[friends.value, received.value, sent.value] = lists
      lists.flat().forEach(people.learnFriend)
      loaded.value = true
      problem.value = null
    } catch (thrown) {
      problem.value = problemOf(thrown)
    }
  }

  /** Looks who is here. */
  async function lookAround(): Promise<void> {
    // The next look, or the next event, tells.
    const list = await api.list().catch(() => [])
    for (const { user_id, online, last_seen } of list) people.setPresence(user_id, { online, last_seen })
  }

  const has = (list: readonly Friend[], id: number) => list.some((friend) => friend.user_id === id)

  function relationTo(id: number): Relation {
    if (has(friends.value, id)) return 'friend'
    if (has(received.value, id)) return 'received'
    return has(sent.value, id) ? 'sent' : 'none'
  }

  function move(friend: Friend, to: Relation): void {
    people.learnFriend(friend)
    const without = (list: readonly Friend[]) => list.filter((other) => other.user_id !== friend.user_id)
    friends.value = to === 'friend' ? [...without(friends.value), friend] : without(friends.value)
    received.value = to === 'received' ? [friend, ...without(received.value)] : without(received.value)
    sent.value = to === 'sent' ? [friend, ...without(sent.value)] : without(sent.value)
  }

  /** Finds somebody by exact e-mail address or username; null if there is nobody. */
  async function search(text: string): Promise<Friend | null> {
    try {
      const found = await api.search(text)
      people.learnFriend(found)
      return found
    } catch (thrown) {
      if (problemOf(thrown).status === 404) return null
      throw thrown
    }
  }

  async function request(id: number): Promise<Relation> {
    const { status, friend } = await api.request(id)
    const relation = status === 'accepted' ? 'friend' : 'sent'
    move(friend, relation)
    return relation
  }

  async function accept(id: number): Promise<void> {
    move(await api.accept(id), 'friend')
  }

  async function reject(id: number): Promise<void> {
    await api.reject(id)
    drop(id)
  }

  async function cancel(id: number): Promise<void> {
    await api.cancel(id)
    drop(id)
  }

  async function remove(id: number): Promise<void> {
    await api.remove(id)
    drop(id)
  }

  /** Forgets a link that is gone, whichever kind it was. */
  function drop(id: number): void {
    const without = (list: readonly Friend[]) => list.filter((other) => other.user_id !== id)
    friends.value = without(friends.value)
    received.value = without(received.value)
    sent.value = without(sent.value)
  }

  /** Takes over a friend's new name, picture or status. */
  function learn(card: Card): void {
    const renew = (list: readonly Friend[]) =>
      list.map((friend) =>
        friend.user_id === card.user_id
          ? { ...friend, ...card, status: card.status ?? friend.status }
          : friend,
      )
    friends.value = renew(friends.value)
    received.value = renew(received.value)
    sent.value = renew(sent.value)
  }

  return {
    friends: sorted,
    received,
    sent,
    loaded,
    problem,
    load,
    lookAround,
    relationTo,
    move,
    search,
    request,
    accept,
    reject,
    cancel,
    remove,
    drop,
    learn,
  }
})

import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import * as api from '@/api/people'
import type { Blocked } from '@/api/types'
import { useFriends } from './friends'
import { usePeople } from './people'

/** The users whom the user blocks. */
export const useBlocks = defineStore('blocks', () => {
  const people = usePeople()
  const list = shallowRef<readonly Blocked[]>([])
  const ids = computed(() => new Set(list.value.map((user) => user.user_id)))
  const has = (id: number) => ids.value.has(id)

  async function load(): Promise<void> {
    list.value = await api.blocks()
    list.value.forEach(people.update)
  }

  /** Takes that somebody was blocked, which ends a friendship. */
  function add(user: Blocked): void {
    people.update(user)
    list.value = [user, ...list.value.filter(({ user_id }) => user_id !== user.user_id)]
    useFriends().remove(user.user_id)
  }

  /** Takes that a block was taken back. */
  function remove(id: number): void {
    list.value = list.value.filter(({ user_id }) => user_id !== id)
  }

  async function block(id: number): Promise<void> {
    await api.block(id)
    useFriends().remove(id)
    await load()
  }

  async function unblock(id: number): Promise<void> {
    await api.unblock(id)
    remove(id)
  }

  return { list, has, load, add, remove, block, unblock }
})

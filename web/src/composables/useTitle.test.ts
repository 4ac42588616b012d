import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { expect, it } from 'vitest'
import { nextTick, watch } from 'vue'
import { useRooms } from '@/stores/rooms'
import { room, ROOM } from '@/testing'
import { useTitle } from './useTitle'

it('counts what stays unread, and not what is read as it comes', async () => {
  setActivePinia(createPinia())
  const rooms = useRooms()
  rooms.upsert(room())
  const titles: string[] = []
  const setup = () => {
    useTitle()
    const read = () => rooms.items.get(ROOM)?.last_seq === 6 && rooms.patch(ROOM, { unread_count: 0 })
    watch(() => rooms.unread, read)
    return () => null
  }
  const wrapper = mount({ setup })
  const seen = new MutationObserver(() => titles.push(document.title))
  seen.observe(document.head, { childList: true, subtree: true, characterData: true })
  rooms.patch(ROOM, { last_seq: 6, unread_count: 1 })
  await nextTick()
  rooms.patch(ROOM, { last_seq: 7, unread_count: 2 })
  await nextTick()
  await nextTick()
  expect(new Set(titles)).toEqual(new Set(['(2) Chatroom']))
  seen.disconnect()
  wrapper.unmount()
})

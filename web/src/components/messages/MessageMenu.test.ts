import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { h } from 'vue'
import { createI18n } from 'vue-i18n'
import type { Message, User } from '@/api/types'
import { MESSAGE_MENU } from '@/composables/messageMenu'
import zh from '@/locales/generated/zh-TW.json'
import { useMessages } from '@/stores/messages'
import { useNotices } from '@/stores/notices'
import { useRooms } from '@/stores/rooms'
import { useSession } from '@/stores/session'
import { message, room, ROOM, unsent } from '@/testing'
import MessageDialogs from './MessageDialogs.vue'
import MessageMenu from './MessageMenu.vue'

const i18n = createI18n({ legacy: false, locale: 'zh-TW', messages: { 'zh-TW': zh } })
const own = message(5, { sender_id: 1 })
let answer = () => Response.json([])
const asked: string[] = []

beforeEach(async () => {
  // happy-dom has no popovers.
  Object.assign(HTMLElement.prototype, { showPopover: () => undefined })
  asked.length = 0
  answer = () => Response.json([message(4), own])
  vi.stubGlobal('fetch', (url: string, { method }: RequestInit) => {
    asked.push(`${method} ${url}`)
    return Promise.resolve(answer())
  })
  setActivePinia(createPinia())
  useSession().user = { user_id: 1, username: 'me' } as User
  useRooms().upsert(room({ last_message: own }))
  await useMessages().open(ROOM)
  asked.length = 0
})
afterEach(() => document.body.replaceChildren())

async function opened(of: Message) {
  const row = () => [h(MessageMenu, { message: of, mine: of.sender_id === 1 }), h(MessageDialogs)]
  const wrapper = mount(row, { global: { plugins: [i18n] }, attachTo: document.body })
  await wrapper.get('[aria-haspopup=menu]').trigger('click')
  const items = () => wrapper.findAll('[role=menuitem]')
  const labels = () =>
    items()
      .map((item) => item.text())
      .filter((label) => label !== '')
  const focused = () => document.activeElement?.textContent
  const press = (key: string) => wrapper.get('[role=menu]').trigger('keydown', { key })
  /** Chooses an item, and confirms it. */
  const choose = async (label: string) => {
    await items()
      .find((item) => item.text() === label)
      ?.trigger('click')
    await wrapper.get('dialog form').trigger('submit')
    await flushPromises()
  }
  return { wrapper, labels, focused, press, choose }
}

describe('the table', () => {
  it('has a text for each of its keys', () => {
    const keys = MESSAGE_MENU.flatMap(({ label, done }) => [label, ...(done ? [done] : [])])
    expect(keys.filter((key) => !i18n.global.te(key))).toEqual([])
  })

  it.each([
    ['of one’s own', own, ['複製文字', '收回', '只從我這裡刪除']],
    ['of another', message(4), ['複製文字', '只從我這裡刪除']],
    ['without text', message(4, { message_type: 'image', content: '/x.png' }), ['只從我這裡刪除']],
    ['that is unsent', unsent(4, { sender_id: 1 }), ['只從我這裡刪除']],
  ])('shows what can be done with a message %s', async (_, of, labels) => {
    const gone = ['複製文字', '收回', '只從我這裡刪除'].filter((label) => !labels.includes(label))
    const shown = (await opened(of)).labels()
    expect(shown).toEqual(expect.arrayContaining(labels))
    expect(shown.filter((label) => gone.includes(label))).toEqual([])
  })
})

describe('the keyboard', () => {
  it('moves through the items', async () => {
    const { labels, focused, press } = await opened(own)
    const seen = [focused()]
    for (const key of ['ArrowDown', 'ArrowUp', 'ArrowUp', 'ArrowDown', 'End', 'Home']) {
      await press(key)
      seen.push(focused())
    }
    const [first, second, last] = [labels().at(0), labels().at(1), labels().at(-1)]
    // Above the items are the reactions, and the button for more.
    expect(seen).toEqual([first, second, first, '', first, last, '👍'])
  })

  it.each(['Escape', 'Tab'])('closes with %s and returns to the button', async (key) => {
    const { wrapper, labels, press } = await opened(own)
    await press(key)
    expect(labels()).toEqual([])
    expect(document.activeElement).toBe(wrapper.get('[aria-haspopup=menu]').element)
  })
})

describe('what is done', () => {
  const shown = () => useMessages().of(ROOM).messages
  const newest = () => useRooms().items.get(ROOM)?.last_message

  it('unsends only when confirmed, and updates the timeline and the list', async () => {
    const { wrapper, choose } = await opened(own)
    answer = () => Response.json(unsent(5, { sender_id: 1 }))
    expect(wrapper.find('dialog').exists()).toBe(false)
    await choose('收回')
    expect(asked).toEqual([`DELETE /chatrooms/${ROOM}/messages/105`])
    expect(shown().map((each) => each.deleted)).toEqual([false, true])
    expect(newest()?.deleted).toBe(true)
  })

  it('says why a message cannot be unsent', async () => {
    const { choose } = await opened(own)
    answer = () => Response.json({ detail: 'Too late', code: 'too_late' }, { status: 400 })
    await choose('收回')
    expect(useNotices().list.map((notice) => notice.text)).toEqual([zh.errors.too_late])
    expect(shown().map((each) => each.deleted)).toEqual([false, false])
  })

  it('puts a reaction to a message, and takes it off', async () => {
    const reacted = { emoji: '👍', count: 1, user_ids: [1] }
    const { wrapper } = await opened(message(4))
    answer = () => Response.json(message(4, { reactions: [reacted] }))
    await wrapper.get('[aria-label="用 👍 回應"]').trigger('click')
    await flushPromises()
    expect(shown()[0]?.reactions).toEqual([reacted])
    const again = await opened(message(4, { reactions: [reacted] }))
    expect(again.wrapper.get('[aria-label="用 👍 回應"]').attributes('aria-checked')).toBe('true')
    await again.wrapper.get('[aria-label="用 👍 回應"]').trigger('click')
    await flushPromises()
    const path = `/chatrooms/${ROOM}/messages/104/reactions/${encodeURIComponent('👍')}`
    expect(asked).toEqual([`PUT ${path}`, `DELETE ${path}`])
  })

  it('hides a message from the user alone', async () => {
    const { choose } = await opened(message(4))
    answer = () => new Response(null, { status: 204 })
    await choose('只從我這裡刪除')
    expect(asked).toEqual([`DELETE /chatrooms/${ROOM}/messages/104?for=me`])
    expect(shown().map((each) => each.seq)).toEqual([5])
    expect(newest()?.seq).toBe(5)
  })
})

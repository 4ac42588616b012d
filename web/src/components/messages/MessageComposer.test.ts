import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createI18n } from 'vue-i18n'
import type { User } from '@/api/types'
import zh from '@/locales/generated/zh-TW.json'
import { useDrafts } from '@/stores/drafts'
import { useMessages } from '@/stores/messages'
import { useNotices } from '@/stores/notices'
import { useOutbox } from '@/stores/outbox'
import { useSession } from '@/stores/session'
import { FakeUpload, message, picture, ROOM, unreadable } from '@/testing'
import MessageComposer from './MessageComposer.vue'

function composer(room = 'r') {
  const i18n = createI18n({ legacy: false, locale: 'zh-TW', messages: { 'zh-TW': zh } })
  const wrapper = mount(MessageComposer, { props: { room, name: '小明' }, global: { plugins: [i18n] } })
  const area = wrapper.get('textarea')
  const key = (over: object) => area.trigger('keydown', { key: 'Enter', keyCode: 13, ...over })
  const paste = (files: File[], text = '') =>
    area.trigger('paste', { clipboardData: { files, getData: () => text } })
  const tray = () => wrapper.findAll('li button').map((button) => button.attributes('aria-label'))
  return { wrapper, area, key, paste, tray, sent: () => useOutbox().queue.map((entry) => entry.text) }
}

beforeEach(() => {
  localStorage.clear()
  vi.stubGlobal('fetch', () => new Promise(() => undefined))
  vi.stubGlobal('XMLHttpRequest', FakeUpload)
  setActivePinia(createPinia())
  useSession().user = { user_id: 1, username: 'me' } as User
})

it('sends with Enter and makes a new line with Shift+Enter', async () => {
  const { area, key, sent } = composer()
  await area.setValue('你好')
  await key({ shiftKey: true })
  expect(sent()).toEqual([])
  await key({})
  expect(sent()).toEqual(['你好'])
  expect(area.element.value).toBe('')
})

it('does not send the Enter that confirms a composition, in Chrome’s order of events', async () => {
  const { area, key, sent } = composer()
  await area.trigger('compositionstart')
  await area.setValue('你好')
  await key({ key: 'Process', keyCode: 229, isComposing: true })
  await key({ isComposing: true })
  await area.trigger('compositionend')
  expect(sent()).toEqual([])
  await key({})
  expect(sent()).toEqual(['你好'])
})

it('does not send the Enter that confirms a composition, in Safari’s order of events', async () => {
  const { area, key, sent } = composer()
  await area.trigger('compositionstart')
  await area.setValue('こんにちは')
  await area.trigger('compositionend')
  await key({ keyCode: 229, isComposing: false })
  expect(sent()).toEqual([])
  await key({})
  expect(sent()).toEqual(['こんにちは'])
})

it('keeps a draft for the room, also while composing', async () => {
  const { area, wrapper } = composer()
  await area.trigger('compositionstart')
  await area.setValue('還沒寫完')
  expect(useDrafts().of('r')).toBe('還沒寫完')
  wrapper.unmount()
  expect(composer().area.element.value).toBe('還沒寫完')
})

it('follows the draft in other tabs, also when they send it', async () => {
  const { area } = composer()
  const inOtherTab = async (text: string | null) => {
    const key = 'chatroom.draft.1.r'
    if (text === null) localStorage.removeItem(key)
    else localStorage.setItem(key, JSON.stringify(text))
    dispatchEvent(new StorageEvent('storage', { key }))
    await flushPromises()
  }
  await inOtherTab('寫了一半')
  expect(area.element.value).toBe('寫了一半')
  await area.setValue('寫了一半，寫完了')
  dispatchEvent(new StorageEvent('storage', { key: 'chatroom.draft.1.other' }))
  dispatchEvent(new StorageEvent('storage', { key: 'theirs' }))
  await flushPromises()
  expect(area.element.value).toBe('寫了一半，寫完了')
  await inOtherTab(null)
  expect(area.element.value).toBe('')
})

it('does not send blanks', async () => {
  const { area, key, sent } = composer()
  await area.setValue(' \n ')
  await key({})
  expect(sent()).toEqual([])
})

it('keeps a text that is too long, says so, and does not send it', async () => {
  const { wrapper, area, key, sent } = composer()
  const long = '😀'.repeat(10_001)
  await area.setValue(long)
  expect(area.attributes('maxlength')).toBeUndefined()
  expect(wrapper.get('[role=alert]').text()).toBe('太長了：10,001 個字，最多 10,000 個')
  await key({})
  expect(sent()).toEqual([])
  expect(area.element.value).toBe(long)
  await area.setValue(`${'😀'.repeat(10_000)}\n`)
  expect(wrapper.find('[role=alert]').exists()).toBe(false)
  await key({})
  expect(sent()).toEqual(['😀'.repeat(10_000)])
})

describe('answers and edits', () => {
  const own = message(5, { sender_id: 1, content: '星期六見' })
  let changed: unknown[] = []

  beforeEach(async () => {
    changed = []
    vi.stubGlobal('fetch', (url: string, { method, body }: RequestInit) => {
      if (method === 'GET') return Promise.resolve(Response.json([message(4), own]))
      changed.push([method, url, JSON.parse(body as string)])
      return Promise.resolve(Response.json({ ...own, content: '星期日見', edited_at: own.timestamp }))
    })
    await useMessages().open(ROOM)
  })

  it('edits the last message with an arrow, and keeps the draft', async () => {
    const { wrapper, area, key } = composer(ROOM)
    await area.setValue('寫了一半')
    await key({ key: 'ArrowUp' })
    expect(area.element.value).toBe('寫了一半')
    await area.setValue('')
    await key({ key: 'ArrowUp' })
    expect(area.element.value).toBe('星期六見')
    expect(wrapper.get('[data-composing]').text()).toContain('編輯訊息')
    await area.setValue('星期日見')
    expect(useDrafts().of(ROOM)).toBe('')
    await key({})
    await flushPromises()
    expect(changed).toEqual([['PATCH', `/chatrooms/${ROOM}/messages/105`, { content: '星期日見' }]])
    expect(useMessages().of(ROOM).messages.at(-1)?.content).toBe('星期日見')
    expect([wrapper.find('[data-composing]').exists(), area.element.value]).toEqual([false, ''])
  })

  it('answers the last message with Shift and an arrow, and no longer after Escape', async () => {
    const { area, key } = composer(ROOM)
    const quoted = () => useOutbox().queue.map((entry) => entry.reply?.content ?? null)
    await key({ key: 'ArrowUp', shiftKey: true })
    await area.setValue('好')
    await key({})
    await key({ key: 'ArrowUp', shiftKey: true })
    await key({ key: 'Escape' })
    await area.setValue('哈囉')
    await key({})
    expect(quoted()).toEqual(['星期六見', null])
  })

  it('leaves the arrows and Escape to the input method', async () => {
    const { wrapper, area, key } = composer(ROOM)
    await area.trigger('compositionstart')
    await key({ key: 'ArrowUp', isComposing: true })
    expect(wrapper.find('[data-composing]').exists()).toBe(false)
  })
})

describe('attachments', () => {
  it('are sent by an Enter right after they were pasted, in order and with the text', async () => {
    const { area, key, paste } = composer()
    vi.stubGlobal(
      'Image',
      class {
        decode = () => new Promise(() => undefined)
      },
    )
    void paste([picture('a.png'), picture('b.png')])
    await area.setValue('看')
    await key({})
    const sent = useOutbox().queue.map((entry) => [entry.file?.file.name, entry.text])
    expect(sent).toEqual([
      ['a.png', ''],
      ['b.png', '看'],
    ])
  })

  it('are not made of what was copied with a text', async () => {
    const { paste, tray } = composer()
    await paste([picture('image.png')], '一月\t120')
    expect(tray()).toEqual([])
    await paste([picture('a.png')], 'a.png')
    await paste([picture('b.png')])
    expect(tray()).toEqual(['移除 a.png', '移除 b.png'])
  })

  it('are kept by room', async () => {
    const first = composer('a')
    await first.paste([picture('a.png')])
    first.wrapper.unmount()
    const second = composer('b')
    expect(second.tray()).toEqual([])
    second.wrapper.unmount()
    const again = composer('a')
    expect(again.tray()).toEqual(['移除 a.png'])
    await again.key({})
    expect(useOutbox().queue).toMatchObject([{ room: 'a', file: { file: { name: 'a.png' } } }])
  })

  it('are refused if they cannot be read, and the others stay', async () => {
    const { paste, tray } = composer()
    const shown = useNotices()
    await paste([picture('a.png'), unreadable('相簿'), picture('b.png')])
    const notices = () => shown.list.map((notice) => notice.text)
    await vi.waitFor(() => expect(notices()).toEqual([expect.stringContaining('「相簿」')]))
    expect(tray()).toEqual(['移除 a.png', '移除 b.png'])
  })
})

import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { createI18n } from 'vue-i18n'
import type { User } from '@/api/types'
import zh from '@/locales/generated/zh-TW.json'
import { useDrafts } from '@/stores/drafts'
import { useOutbox } from '@/stores/outbox'
import { useSession } from '@/stores/session'
import MessageComposer from './MessageComposer.vue'

function composer() {
  const i18n = createI18n({ legacy: false, locale: 'zh-TW', messages: { 'zh-TW': zh } })
  const wrapper = mount(MessageComposer, { props: { room: 'r', name: '小明' }, global: { plugins: [i18n] } })
  const area = wrapper.get('textarea')
  const key = (over: object) => area.trigger('keydown', { key: 'Enter', keyCode: 13, ...over })
  return { wrapper, area, key, sent: () => useOutbox().queue.map((entry) => entry.text) }
}

beforeEach(() => {
  localStorage.clear()
  vi.stubGlobal('fetch', () => new Promise(() => undefined))
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
  await new Promise((resolve) => setTimeout(resolve))
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
  await new Promise((resolve) => setTimeout(resolve))
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

it('does not send blanks', async () => {
  const { area, key, sent } = composer()
  await area.setValue(' \n ')
  await key({})
  expect(sent()).toEqual([])
})

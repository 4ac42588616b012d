import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { expect, it, vi } from 'vitest'
import { createI18n } from 'vue-i18n'
import zh from '@/locales/generated/zh-TW.json'
import { layout } from '@/lib/timeline'
import { usePeople } from '@/stores/people'
import { message } from '@/testing'
import TimelineRows from './TimelineRows.vue'

const i18n = createI18n({ legacy: false, locale: 'zh-TW', messages: { 'zh-TW': zh } })

it('turns today into yesterday at midnight', async () => {
  vi.useFakeTimers({ now: new Date('2026-11-22T23:58:30.500+08:00') })
  setActivePinia(createPinia())
  const rows = [{ kind: 'day' as const, key: 'd', time: '2026-11-22T09:00:00+08:00' }]
  const wrapper = mount(TimelineRows, {
    props: { rows, room: message(1).chatroom_id },
    global: { plugins: [i18n] },
  })
  await vi.advanceTimersByTimeAsync(89_000)
  expect(wrapper.text()).toBe('今天')
  await vi.advanceTimersByTimeAsync(500)
  expect(wrapper.text()).toBe('昨天')
  wrapper.unmount()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

it('says in the reader’s language what happened in a group', () => {
  setActivePinia(createPinia())
  usePeople().update({ user_id: 2, username: 'ming', nickname: '小明', avatar_url: null, status: null })
  const system = { action: 'renamed' as const, actor: 2, subjects: [], name: '讀書會', role: null }
  const rows = layout({
    messages: [message(1, { system })],
    above: null,
    waiting: [],
    me: 1,
    unreadFrom: null,
  })
  const wrapper = mount(TimelineRows, {
    props: { rows, room: message(1).chatroom_id },
    global: { plugins: [i18n] },
  })
  expect(wrapper.get('[data-message]').text()).toBe('小明將群組命名為「讀書會」')
  expect(wrapper.find('button').exists()).toBe(false)
  wrapper.unmount()
})

import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { createI18n } from 'vue-i18n'
import { createMemoryHistory, createRouter } from 'vue-router'
import type { User } from '@/api/types'
import zh from '@/locales/generated/zh-TW.json'
import { usePeople } from '@/stores/people'
import { useSession } from '@/stores/session'
import Person from './Person.vue'

const i18n = createI18n({ legacy: false, locale: 'zh-TW', messages: { 'zh-TW': zh } })
const refused = () => Response.json({ detail: 'no', code: 'forbidden' }, { status: 403 })
const profile = { user_id: 7, nickname: null, avatar_url: null, status: null }

beforeEach(() => {
  setActivePinia(createPinia())
  usePeople().deletedName = '已離開的使用者'
  useSession().user = { user_id: 1, username: 'me' } as User
  vi.stubGlobal('fetch', () => Promise.resolve(refused()))
})

async function open() {
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: '/:all(.*)', component: {} }],
  })
  const wrapper = mount(Person, { props: { user: 7 }, global: { plugins: [i18n, router] } })
  await flushPromises()
  const actions = () => wrapper.findAll('button').map((each) => each.text())
  return { wrapper, actions }
}

it('offers nothing that cannot be done with a deleted account', async () => {
  usePeople().update({ ...profile, username: 'deleted_7' })
  const { wrapper, actions } = await open()
  expect(actions()).toEqual([])
  expect(wrapper.text()).toContain('已離開的使用者')
  expect(wrapper.text()).not.toContain('deleted_7')
})

it('notices that an account is deleted while its profile is open', async () => {
  usePeople().update({ ...profile, username: 'deleted_8' })
  const { actions } = await open()
  expect(actions()).toEqual(['加好友', '傳訊息', '封鎖', '檢舉'])
  usePeople().update({ ...profile, username: 'deleted_7' })
  await flushPromises()
  expect(actions()).toEqual([])
})

import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { createI18n } from 'vue-i18n'
import { createMemoryHistory, createRouter } from 'vue-router'
import zh from '@/locales/generated/zh-TW.json'
import Register from './Register.vue'

const i18n = createI18n({ legacy: false, locale: 'zh-TW', messages: { 'zh-TW': zh } })
const sent: unknown[] = []

beforeEach(() => {
  setActivePinia(createPinia())
  sent.length = 0
  vi.stubGlobal('fetch', (_: string, { body }: { body: string }) => {
    sent.push(JSON.parse(body))
    return Promise.resolve(Response.json({ detail: 'no', code: 'invite_required' }, { status: 403 }))
  })
})

it('asks for the invite code when the server does, and sends it', async () => {
  const routes = [
    { path: '/', component: {} },
    { path: '/login', name: 'login', component: {} },
  ]
  const router = createRouter({ history: createMemoryHistory(), routes })
  const wrapper = mount(Register, { global: { plugins: [i18n, router] } })
  const code = () => wrapper.findAll('label').find((label) => label.text().includes(zh.sign.invite))
  await wrapper.get('input[autocomplete=username]').setValue('雅婷')
  await wrapper.get('input[autocomplete=new-password]').setValue('通關密語一二三四')
  expect(code()).toBeUndefined()
  await wrapper.get('form').trigger('submit')
  await flushPromises()
  expect(wrapper.get('[role=alert]').text()).toBe(zh.errors.invite_required)
  expect(code()).toBeDefined()
  await wrapper.get('input[autocomplete=off]').setValue(' 櫻花 ')
  await wrapper.get('form').trigger('submit')
  await flushPromises()
  expect(sent).toEqual([
    { username: '雅婷', password: '通關密語一二三四' },
    { username: '雅婷', password: '通關密語一二三四', invite_code: '櫻花' },
  ])
})

import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { createI18n } from 'vue-i18n'
import type { User } from '@/api/types'
import zh from '@/locales/generated/zh-TW.json'
import { useOutbox } from '@/stores/outbox'
import { useSession } from '@/stores/session'
import { attachment, FakeUpload, picture } from '@/testing'
import WaitingRow from './WaitingRow.vue'

const i18n = createI18n({ legacy: false, locale: 'zh-TW', messages: { 'zh-TW': zh } })

beforeEach(() => {
  localStorage.clear()
  vi.stubGlobal('fetch', () => new Promise(() => undefined))
  vi.stubGlobal('XMLHttpRequest', FakeUpload)
  setActivePinia(createPinia())
  useSession().user = { user_id: 1, username: 'me' } as User
})

function rows() {
  const options = { first: true, last: true }
  return useOutbox().queue.map((entry) =>
    mount(WaitingRow, { props: { entry, ...options }, global: { plugins: [i18n] } }),
  )
}

it('cancels a file that is uploaded or waits for its turn, and no text', async () => {
  const outbox = useOutbox()
  outbox.sendFile('r', attachment(picture('a.png')), '')
  outbox.sendFile('r', attachment(picture('b.png')), '')
  outbox.sendText('r', '後')
  const cancels = () => rows().map((row) => row.findAll('button').filter((each) => each.text() === '取消'))
  expect(outbox.queue.map((entry) => entry.state)).toEqual(['uploading', 'queued', 'queued'])
  expect(cancels().map((buttons) => buttons.length)).toEqual([1, 1, 0])
  await cancels()[1]?.[0]?.trigger('click')
  await cancels()[0]?.[0]?.trigger('click')
  expect(outbox.queue.map((entry) => [entry.text, entry.state])).toEqual([['後', 'sending']])
})

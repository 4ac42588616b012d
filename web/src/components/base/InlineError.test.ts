import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it } from 'vitest'
import { nextTick } from 'vue'
import { Problem } from '@/api/problem'
import { i18n } from '@/i18n'
import { useConnection } from '@/stores/connection'
import InlineError from './InlineError.vue'

beforeEach(() => setActivePinia(createPinia()))

it('asks to load again once with the next connection', async () => {
  const connection = useConnection()
  connection.set('lost')
  const shown = mount(InlineError, { props: { problem: Problem.offline() }, global: { plugins: [i18n] } })
  expect(shown.emitted('retry')).toBeUndefined()
  connection.set('online')
  await nextTick()
  expect(shown.emitted('retry')).toHaveLength(1)
})

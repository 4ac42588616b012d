import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { expect, it } from 'vitest'
import { createI18n } from 'vue-i18n'
import zh from '@/locales/generated/zh-TW.json'
import MessageBubble from './MessageBubble.vue'

const i18n = createI18n({ legacy: false, locale: 'zh-TW', messages: { 'zh-TW': zh } })

it.each([
  ['image', '說明', '220px'],
  ['image', '', '72px'],
  ['video', '說明', '220px'],
  ['file', '說明', ''],
] as const)('has room for the words of the caption of a tall file: %s, %s', (kind, text, width) => {
  setActivePinia(createPinia())
  const media = {
    kind,
    src: 'blob:x',
    foreign: null,
    name: 'a',
    size: 1,
    width: 20,
    height: 2000,
    duration: null,
    voice: null,
    sticker: null,
    srcset: null,
    thumbhash: null,
  }
  const wrapper = mount(MessageBubble, {
    props: { text, media, mine: true, first: true, last: true },
    global: { plugins: [i18n] },
  })
  expect((wrapper.element as HTMLElement).style.width).toBe(width)
})

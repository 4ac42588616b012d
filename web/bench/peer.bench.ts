import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, it } from 'vitest'
import { frame, launch } from '../e2e/person'
import { atLeast } from './checks'
import { Meter } from './meter'
import { enter, last, loadAll, pair, textOf } from './seed'
import { cpuOfKeys } from './typing'

const COUNT = 1000
const PEER = new URL('./peer/', import.meta.url)
const SCRIPT = createRequire(PEER).resolve('vue-advanced-chat/dist/vue-advanced-chat.umd.js')
/** Where the peer's page stands in its browser, which asks the network for nothing. */
const PLACE = 'http://peer.localhost/'

interface Cost {
  mount: number
  key: number
}

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

/** The CPU milliseconds in which this client shows the room again, all messages at hand, and takes a key. */
async function ours(): Promise<Cost> {
  const two = await pair(COUNT)
  const reader = await enter(browser, two)
  const { page } = reader
  await loadAll(reader)
  await last(reader).waitFor()
  await page.getByRole('link', { name: '設定' }).click()
  await page.getByRole('link', { name: '外觀與語言' }).waitFor()
  const meter = await Meter.open(page)
  const mount = await meter.cpuOf(async () => {
    await page.goBack()
    await last(reader).waitFor()
    await frame(page)
  })
  const key = await cpuOfKeys(meter, page, '.composer-input')
  await reader.context.close()
  return { mount, key }
}

/** The same of vue-advanced-chat. */
async function peers(): Promise<Cost> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  await page.route('**', (route) => {
    const url = route.request().url()
    if (url === PLACE) {
      return route.fulfill({ contentType: 'text/html', body: readFileSync(new URL('index.html', PEER)) })
    }
    if (!url.endsWith('/vue-advanced-chat.umd.js')) return route.abort()
    return route.fulfill({ contentType: 'text/javascript', body: readFileSync(SCRIPT) })
  })
  await page.goto(PLACE)
  await showEmpty(page)
  const texts = ['第一則', ...Array.from({ length: COUNT - 2 }, (_, n) => textOf(n + 1)), '最後一則']
  const meter = await Meter.open(page)
  const mount = await meter.cpuOf(async () => {
    await page.evaluate(showMessages, texts)
    await page.locator('.vac-message-wrapper', { hasText: '最後一則' }).waitFor()
    await frame(page)
  })
  const key = await cpuOfKeys(meter, page, 'vue-advanced-chat textarea')
  await context.close()
  return { mount, key }
}

/** Shows a room without messages, so that what they cost is measured alone. */
async function showEmpty(page: Page): Promise<void> {
  await page.evaluate(() => {
    const library = (window as unknown as Record<string, { register: () => void }>)['vue-advanced-chat']
    library?.register()
    const users = [
      { _id: '1', username: '讀者', status: { state: 'online' } },
      { _id: '2', username: '作者', status: { state: 'online' } },
    ]
    const chat = Object.assign(document.createElement('vue-advanced-chat'), {
      currentUserId: '1',
      height: '800px',
      rooms: [{ roomId: '1', roomName: '作者', users }],
      roomsLoaded: true,
      messages: [],
      messagesLoaded: true,
    })
    document.body.append(chat)
  })
  await page.locator('vue-advanced-chat textarea').waitFor()
  await frame(page)
}

/** Gives the peer all messages at once. */
function showMessages(texts: string[]): void {
  const messages = texts.map((content, n) => ({
    _id: String(n),
    indexId: n,
    content,
    senderId: n % 3 === 0 ? '1' : '2',
    username: n % 3 === 0 ? '讀者' : '作者',
    date: '30 November',
    timestamp: '12:00',
    saved: true,
  }))
  Object.assign(document.querySelector('vue-advanced-chat') ?? {}, { messages })
}

it('W23 is lighter than vue-advanced-chat', async ({ task }) => {
  const [here, there] = [await ours(), await peers()]
  const costs = (cost: Cost) => `${cost.mount.toFixed(0)} ms, a key ${cost.key.toFixed(1)} ms`
  console.log(`${COUNT} messages: ours ${costs(here)}; vue-advanced-chat ${costs(there)}`)
  const what = `vue-advanced-chat, ${COUNT} messages`
  const unit = 'times ours'
  atLeast(task, { id: 'W23', what: `${what}, CPU to show`, value: there.mount / here.mount, gate: 10, unit })
  atLeast(task, { id: 'W23', what: `${what}, CPU of a key`, value: there.key / here.key, gate: 2, unit })
})

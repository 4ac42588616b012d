import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ApiUser } from './api'
import { Gateway } from './gateway'
import { launch, Person } from './person'

const TIMES = 20
/** A message that was sent into a crash is tried again after a second, then after two, four and so on. */
const RETRIED = { timeout: 20_000 }

let browser: Browser
let gateway: Gateway
beforeAll(async () => {
  browser = await launch()
  gateway = await Gateway.start()
})
afterAll(async () => {
  await browser.close()
  await gateway.clear()
})

/** Returns what waits for a frame of a page's sockets, one way or the other, with a text in it. */
function watchFrames(page: Page) {
  const waiting = new Set<{ way: 'sent' | 'received'; text: string; done: () => void }>()
  const pass = (way: 'sent' | 'received', payload: string | Buffer) => {
    for (const each of waiting) {
      if (each.way !== way || !String(payload).includes(each.text)) continue
      waiting.delete(each)
      each.done()
    }
  }
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => pass('sent', payload))
    socket.on('framereceived', ({ payload }) => pass('received', payload))
  })
  return (way: 'sent' | 'received', text: string) =>
    new Promise<void>((done) => waiting.add({ way, text, done }))
}

it(
  `W15 a server that is killed ${TIMES} times while one sends loses and doubles nothing`,
  async () => {
    const owner = await ApiUser.register('小晴', undefined, gateway.url)
    const other = await ApiUser.register('阿海', undefined, gateway.url)
    const room = await owner.befriend(other)
    const sender = await Person.open(browser, { baseURL: gateway.url })
    // While it is down the browser logs failed requests.
    sender.allow(/ERR_|WebSocket connection to/)
    const frame = watchFrames(sender.page)
    // The server's answer to CONNECT.
    let connected = frame('received', '40{')
    await sender.enter('小晴', room)
    const said: string[] = []
    for (let n = 1; n <= TIMES; n += 1) {
      await connected
      const [first, second] = [`第 ${n} 次，說完這句`, `第 ${n} 次，說到一半`]
      // By turns once both have left the browser, and once the server has answered the first.
      const moment = n % 2 === 0 ? frame('received', first) : frame('sent', second)
      await sender.say(first)
      await sender.say(second)
      said.push(first, second)
      await moment
      connected = frame('received', '40{')
      await gateway.stop('SIGKILL')
      await gateway.start()
      await expect.poll(() => sender.page.locator('[data-waiting]').count(), RETRIED).toBe(0)
    }
    await sender.expectTexts(said)
    const stored = await other.call<{ content: string }[]>('GET', `/chatrooms/${room}/messages?limit=100`)
    expect(stored.map(({ content }) => content)).toEqual(said)
    await sender.page.reload()
    await sender.expectTexts(said)
    sender.expectNoErrors()
    await sender.context.close()
  },
  TIMES * RETRIED.timeout,
)

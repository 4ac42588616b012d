import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { launch, Person } from '../e2e/person'
import { atMost } from './checks'
import { bestOfThree, Meter } from './meter'
import { groups, pair, type Pair } from './seed'

const ROOMS = 200

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

describe('the sign-in page without a cache', () => {
  it('W1', async ({ task }) => {
    let script = 0
    let style = 0
    let cpu = 0
    const paint = await bestOfThree(async () => {
      const person = await Person.open(browser)
      const { page } = person
      const meter = await Meter.open(page)
      ;[script, style] = [0, 0]
      page.on('response', async (response) => {
        const type = response.request().resourceType()
        if (type !== 'script' && type !== 'stylesheet') return
        const size = gzipSync(await response.body(), { level: 9 }).length / 1024
        if (type === 'script') script += size
        else style += size
      })
      await page.goto('/login', { waitUntil: 'networkidle' })
      await page.getByRole('button', { name: '登入' }).waitFor()
      cpu = await meter.cpu()
      const first = await page.evaluate(
        () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity,
      )
      await person.context.close()
      return first
    })
    atMost(task, { id: 'W1', what: 'sign-in, script (gzip)', value: script, gate: 90, unit: 'KB' })
    atMost(task, { id: 'W1', what: 'sign-in, style (gzip)', value: style, gate: 15, unit: 'KB' })
    atMost(task, { id: 'W1', what: 'sign-in, first paint', value: paint, gate: 600, unit: 'ms' })
    atMost(task, { id: 'W1', what: 'sign-in, CPU', value: cpu, gate: 250, unit: 'ms' })
  })
})

describe(`a room among ${ROOMS}`, () => {
  let two: Pair
  let state: Awaited<ReturnType<Person['context']['storageState']>>

  beforeAll(async () => {
    two = await pair(50)
    await groups(two, ROOMS - 1)
    // So that the room is the first of the list.
    await two.other.say(two.room, '最後一則')
    await two.owner.read(two.room)
    const person = await Person.open(browser)
    await person.enter(two.owner.username, two.room)
    state = await person.context.storageState()
    await person.context.close()
  })

  /** The milliseconds from the navigation until the composer has the last message above it, and the CPU of all. */
  async function open(rate: number): Promise<{ time: number; cpu: number }> {
    const person = await Person.open(browser, { storageState: state })
    const { page } = person
    await noteReady(page)
    const meter = await Meter.open(page)
    await meter.slowDown(rate)
    await page.goto(`/chats/${two.room}`)
    await page.waitForFunction(() => 'readyAfter' in window)
    const time = await page.evaluate(() => (window as unknown as { readyAfter: number }).readyAfter)
    await page.waitForLoadState('networkidle')
    const cpu = await meter.cpu()
    // A page that is left takes its new cookie with it.
    state = await person.context.storageState()
    await person.context.close()
    return { time, cpu }
  }

  it('W2 opens cold', async ({ task }) => {
    let cpu = 0
    const time = await bestOfThree(async () => {
      const opened = await open(1)
      cpu = opened.cpu
      return opened.time
    })
    const slow = await bestOfThree(async () => (await open(4)).time)
    const what = `cold room among ${ROOMS}`
    atMost(task, { id: 'W2', what: `${what}, ready`, value: time, gate: 1000, unit: 'ms' })
    atMost(task, {
      id: 'W2',
      what: `${what}, ready at a quarter of the speed`,
      value: slow,
      gate: 2500,
      unit: 'ms',
    })
    atMost(task, { id: 'W2', what: `${what}, CPU`, value: cpu, gate: 500, unit: 'ms' })
  })

  it('W3 opens again at once', async ({ task }) => {
    const person = await Person.open(browser, { storageState: state })
    const { page } = person
    await page.goto(`/chats/${two.room}`)
    await page.getByText('最後一則').last().waitFor()
    const there = `a[href="/chats/${two.room}"]`
    const elsewhere = page.locator('[data-room] a').filter({ hasText: '群組' }).first()
    const time = await bestOfThree(async () => {
      await elsewhere.click()
      await page.getByRole('heading', { name: /群組/ }).waitFor()
      return page.evaluate(
        (link) =>
          new Promise<number>((resolve) => {
            const before = performance.now()
            const look = () => {
              const shown = [...document.querySelectorAll('.timeline [data-message]')].at(-1)
              if (!shown?.textContent.includes('最後一則')) return void requestAnimationFrame(look)
              const { port1, port2 } = new MessageChannel()
              port1.onmessage = () => resolve(performance.now() - before)
              port2.postMessage(null)
            }
            document.querySelector<HTMLElement>(`[data-room] ${link}`)?.click()
            requestAnimationFrame(look)
          }),
        there,
      )
    })
    atMost(task, { id: 'W3', what: 'known room, painted', value: time, gate: 100, unit: 'ms' })
    await person.context.close()
  })
})

/** Sets `readyAfter` in the page to when it showed a composer and, in view, the last message. */
async function noteReady(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const look = () => {
      const message = [...document.querySelectorAll('.timeline [data-message]')].at(-1)
      const timeline = document.querySelector('.timeline')?.getBoundingClientRect()
      const shown = message?.textContent.includes('最後一則')
        ? message.getBoundingClientRect().bottom
        : Infinity
      const inView = timeline !== undefined && shown <= timeline.bottom
      if (!inView || !document.querySelector('.composer-input')) return void requestAnimationFrame(look)
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => Object.assign(window, { readyAfter: performance.now() })
      port2.postMessage(null)
    }
    requestAnimationFrame(look)
  })
}

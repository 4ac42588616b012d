import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { frame, launch, type Person, SOON } from '../e2e/person'
import { atMost } from './checks'
import { bestOfThree, Meter } from './meter'
import { enter, last, loadAll, pair, type Pair } from './seed'
import { cpuOfKeys, delayOfKeys } from './typing'

const MANY = 10_000

let browser: Browser
let few: Pair
let many: Pair
let reader: Person
let meter: Meter

beforeAll(async () => {
  browser = await launch()
  few = await pair(50)
  many = await pair(MANY)
  reader = await enter(browser, many)
  await loadAll(reader)
  await last(reader).waitFor()
  meter = await Meter.open(reader.page)
})
afterAll(() => browser.close())

it('W4 typing is as quick below 10,000 messages as below 50', async ({ task }) => {
  const short = await enter(browser, few)
  const base = await cpuOfKeys(await Meter.open(short.page), short.page, '.composer-input')
  const cpu = await cpuOfKeys(meter, reader.page, '.composer-input')
  const delay = await bestOfThree(() => delayOfKeys(reader.page, '.composer-input'))
  await short.context.close()
  const what = `key, ${MANY} messages`
  atMost(task, { id: 'W4', what: `${what}, CPU`, value: cpu, gate: 6, unit: 'ms' })
  atMost(task, { id: 'W4', what: `${what}, CPU beside 50`, value: cpu / base, gate: 1.3, unit: 'times' })
  atMost(task, { id: 'W4', what: `${what}, to the next frame`, value: delay, gate: 16, unit: 'ms' })
})

it('W5 receives cheaply, and keeps page and memory small', async ({ task }) => {
  const cpu = await meter.cpuOf(async () => {
    for (let n = 1; n <= 10; n += 1) {
      await many.other.say(many.room, `收到第 ${n} 則`)
      // Looking for a text in all rows would cost the page as much as showing it.
      await expect.poll(() => newestRow(reader), SOON).toContain(`收到第 ${n} 則`)
    }
    await frame(reader.page)
  })
  const elements = await reader.page.evaluate(() => document.querySelectorAll('*').length)
  const heap = await meter.heap()
  const what = `${MANY} messages`
  atMost(task, { id: 'W5', what: `${what}, 10 more, CPU`, value: cpu, gate: 120, unit: 'ms' })
  atMost(task, { id: 'W5', what: `${what}, in the page`, value: elements, gate: 1500, unit: 'elements' })
  atMost(task, { id: 'W5', what: `${what}, heap`, value: heap, gate: 40, unit: 'MB' })
  reader.expectNoErrors()
})

const newestRow = ({ page }: Person) =>
  page.evaluate(() => document.querySelector('.timeline ol')?.lastElementChild?.textContent)

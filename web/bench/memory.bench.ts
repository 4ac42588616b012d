import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launch, SOON } from '../e2e/person'
import { atMost } from './checks'
import { Meter } from './meter'
import { enter, groups, pair, type Pair } from './seed'

const ROOMS = 50
const ROUNDS = 3

let browser: Browser
let two: Pair

beforeAll(async () => {
  browser = await launch()
  two = await pair(50)
  await groups(two, ROOMS)
})
afterAll(() => browser.close())

it('W22 rooms that were opened leave little behind', async ({ task }) => {
  const reader = await enter(browser, two)
  const { page } = reader
  const meter = await Meter.open(page)
  const title = page.locator('header h1').last()
  const before = await meter.heap()
  // The room that is open is the last of the list: up to the first, down again, and up.
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (let n = 1; n <= ROOMS; n += 1) {
      const left = await title.textContent()
      await page.keyboard.press(round % 2 === 1 ? 'Alt+ArrowUp' : 'Alt+ArrowDown')
      await expect.poll(() => title.textContent(), SOON).not.toBe(left)
      await page.locator('.timeline [data-message]').first().waitFor()
    }
  }
  const grown = (await meter.heap()) - before
  atMost(task, {
    id: 'W22',
    what: `${ROOMS} rooms, ${ROUNDS} times, heap`,
    value: grown,
    gate: 10,
    unit: 'MB more',
  })
  reader.expectNoErrors()
  await reader.context.close()
})

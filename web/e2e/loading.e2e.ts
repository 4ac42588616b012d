import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ApiUser } from './api'
import { launch, Person, RUN, SOON } from './person'
import { landscape } from './png'

const PICTURES = 30
/** What is scrolled at least, in pixels. */
const DISTANCE = 16_000

let browser: Browser
let owner: ApiUser
let writer: ApiUser
let room = ''

beforeAll(async () => {
  browser = await launch()
  owner = await ApiUser.register(`小桃${RUN}`)
  writer = await ApiUser.register(`阿林${RUN}`)
  room = await owner.befriend(writer)
  await writer.say(room, '第一句')
  for (let n = 1; n <= PICTURES; n += 1) {
    const caption = n % 3 === 0 ? `第 ${n} 張的說明` : ''
    await writer.sendPicture(room, landscape(300 + n * 10, 200 + (n % 7) * 60), caption)
    for (let line = 1; line <= 3; line += 1) await writer.say(room, `第 ${n} 張之後\n`.repeat(line))
  }
  await owner.read(room)
})
afterAll(() => browser.close())

/** What Chromium tells of things that moved by themselves. */
interface LayoutShift extends PerformanceEntry {
  value: number
  hadRecentInput: boolean
  sources: { node: Node | null; previousRect: DOMRect; currentRect: DOMRect }[]
}

interface Watch {
  shift: number
  moved: string[]
  blank: number
}

it('W9 pictures that come late move nothing, and no frame is blank while one scrolls', async () => {
  // What the worker loads cannot be delayed.
  const reader = await Person.open(browser, { serviceWorkers: 'block' })
  const { page } = reader
  let late = 0
  await page.route('**/static/message/**', async (route) => {
    late += 1
    await new Promise((done) => setTimeout(done, 500))
    await route.continue()
  })
  await page.addInitScript(() => {
    const watch: Watch = { shift: 0, blank: 0, moved: [] }
    Object.assign(window, { watch })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as LayoutShift[]) {
        if (entry.hadRecentInput) continue
        watch.shift += entry.value
        for (const { node, previousRect, currentRect } of entry.sources) {
          const by = `${previousRect.y} to ${currentRect.y}`
          watch.moved.push(
            `${by}: ${node instanceof Element ? node.outerHTML.slice(0, 120) : node?.textContent}`,
          )
        }
      }
    }).observe({ type: 'layout-shift', buffered: true })
  })
  await page.goto('/login')
  await reader.signIn(owner.username)
  await page.waitForURL('**/chats')
  await page.goto(`/chats/${room}`)
  await page.locator('[data-message]').last().waitFor()
  await page.evaluate(() => {
    const { watch } = window as unknown as { watch: Watch }
    const box = document.querySelector('.timeline')
    const frame = () => {
      const { top, bottom } = box?.getBoundingClientRect() ?? { top: 0, bottom: 0 }
      const middle = (top + bottom) / 2
      const rows = [...document.querySelectorAll('.timeline li')].map((row) => row.getBoundingClientRect())
      if (!rows.some((row) => row.top <= middle + 60 && row.bottom >= middle - 60)) watch.blank += 1
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  })
  const box = await page.locator('.timeline').boundingBox()
  await page.mouse.move((box?.x ?? 0) + 300, (box?.y ?? 0) + 300)
  const first = page.getByText('第一句')
  let done = 0
  const wheel = async (by: number) => {
    await page.mouse.wheel(0, by)
    await page.evaluate(() => new Promise(requestAnimationFrame))
    done += Math.abs(by)
  }
  while (!(await first.isVisible())) await wheel(-400)
  while (done < DISTANCE) await wheel(400)
  await expect.poll(() => late, SOON).toBeGreaterThanOrEqual(PICTURES)
  const { shift, moved, blank } = await page.evaluate(() => (window as unknown as { watch: Watch }).watch)
  expect(shift, moved.join('\n')).toBeLessThanOrEqual(0.01)
  expect(blank).toBe(0)
  reader.expectNoErrors()
  await reader.context.close()
})

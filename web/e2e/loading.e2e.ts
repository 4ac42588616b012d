import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ApiUser } from './api'
import { frame, launch, leave, Person, RUN, SOON } from './person'
import { landscape } from './png'

const PICTURES = 30
/** How late each picture comes, in milliseconds. */
const LATE = 500
/** What one turn of the wheel scrolls, and all of them at least, in pixels. */
const TURN = 400
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

/** What Chromium tells of things that moved. */
interface LayoutShift extends PerformanceEntry {
  value: number
  sources: { node: Node | null; previousRect: DOMRect; currentRect: DOMRect }[]
}

/** What a page has shown while one scrolled. */
interface Watch {
  shifts: { value: number; moved: string[] }[]
  /** Rows that moved by anything else than whole turns of the wheel. */
  jumps: string[]
  blank: number
}

/** Keeps what moves in the page from its beginning. */
function watchShifts(page: Page): Promise<unknown> {
  return page.addInitScript(() => {
    const watch: Watch = { shifts: [], jumps: [], blank: 0 }
    Object.assign(window, { watch })
    new PerformanceObserver((list) => {
      for (const { value, sources } of list.getEntries() as LayoutShift[]) {
        const moved = sources.map(({ node, previousRect, currentRect }) => {
          const what = node instanceof Element ? node.outerHTML.slice(0, 120) : node?.textContent
          return `${previousRect.y} to ${currentRect.y}: ${what}`
        })
        watch.shifts.push({ value, moved })
      }
    }).observe({ type: 'layout-shift', buffered: true })
  })
}

/** Looks in every frame at which rows are on the screen, and how far they have moved since the one before. */
function watchRows(page: Page): Promise<void> {
  return page.evaluate((turn) => {
    const { watch } = window as unknown as { watch: Watch }
    const box = document.querySelector('.timeline')
    let before = new Map<Element, number>()
    const look = () => {
      const { top, bottom } = box?.getBoundingClientRect() ?? { top: 0, bottom: 0 }
      const rows = [...document.querySelectorAll('.timeline li')]
        .map((row) => ({ row, at: row.getBoundingClientRect() }))
        .filter(({ at }) => at.bottom > top && at.top < bottom)
      const middle = (top + bottom) / 2
      if (!rows.some(({ at }) => at.top <= middle + 60 && at.bottom >= middle - 60)) watch.blank += 1
      for (const { row, at } of rows) {
        const by = at.top - (before.get(row) ?? at.top)
        if (Math.abs(by - Math.round(by / turn) * turn) > 1) watch.jumps.push(`${by}: ${row.textContent}`)
      }
      before = new Map(rows.map(({ row, at }) => [row, at.top]))
      requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  }, TURN)
}

/** Scrolls to the first message and back, and rests while older ones are loaded. */
async function scrollToFirstAndBack(page: Page): Promise<void> {
  const box = await page.locator('.timeline').boundingBox()
  await page.mouse.move((box?.x ?? 0) + 300, (box?.y ?? 0) + 300)
  const first = page.getByText('第一句')
  let done = 0
  const turn = async (by: number) => {
    await page.mouse.wheel(0, by)
    for (let shown = 0; shown < 2; shown += 1) await frame(page)
    // Rows that come above in the frame of a turn count as a shift of all, though none is seen: W6 looks at those.
    await page.getByText('載入中').waitFor({ state: 'detached' })
    await frame(page)
    done += TURN
  }
  while (!(await first.isVisible())) await turn(-TURN)
  while (done < DISTANCE) await turn(TURN)
}

it('W9 pictures that come late move nothing, and no frame is blank while one scrolls', async () => {
  // What the worker loads cannot be delayed.
  const reader = await Person.open(browser, { serviceWorkers: 'block' })
  reader.allow(/Service Worker registration blocked/)
  const { page } = reader
  let late = 0
  await page.route('**/static/message/**', async (route) => {
    late += 1
    await new Promise((done) => setTimeout(done, LATE))
    await route.continue()
  })
  await watchShifts(page)
  await reader.start(owner.username)
  await page.goto(`/chats/${room}`)
  await page.locator('[data-message]').last().waitFor()
  await watchRows(page)
  await scrollToFirstAndBack(page)
  await expect.poll(() => late, SOON).toBeGreaterThanOrEqual(PICTURES)
  const watch = await page.evaluate(() => (window as unknown as { watch: Watch }).watch)
  const sum = watch.shifts.reduce((all, { value }) => all + value, 0)
  expect(sum, JSON.stringify(watch.shifts, null, 1)).toBeLessThanOrEqual(0.01)
  expect(watch.jumps).toEqual([])
  expect(watch.blank).toBe(0)
  await leave(reader)
})

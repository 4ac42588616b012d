import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiUser } from './api'
import { watchGap } from './frames'
import { launch, Person, RUN, SOON } from './person'
import { landscape } from './png'

const COUNT = 420

describe('a long timeline', () => {
  let browser: Browser
  let reader: Person
  let writer: ApiUser
  let room = ''
  const name = `讀者${RUN}`

  beforeAll(async () => {
    browser = await launch()
    const owner = await ApiUser.register(name)
    writer = await ApiUser.register(`作者${RUN}`)
    room = await owner.befriend(writer)
    for (let n = 1; n <= COUNT; n += 1) {
      await writer.say(room, `第 ${n} 則 ${'長短不一的內容。'.repeat(n % 7)}`)
    }
    await owner.call('POST', `/chatrooms/${room}/read`, {})
    reader = await Person.open(browser, { viewport: { width: 360, height: 740 } })
    await reader.start(name)
    await reader.page.goto(`/chats/${room}`)
    await message(`第 ${COUNT} 則`).waitFor()
  }, 120_000)
  afterAll(() => browser.close())

  const scroller = () => reader.page.locator('.timeline')
  const message = (text: string) => reader.page.locator('[data-message]', { hasText: text })
  const gap = () =>
    scroller().evaluate((box) => Math.round(box.scrollHeight - box.scrollTop - box.clientHeight))

  it('W7 opens at its end, and stays there when something grows or the window changes', async () => {
    await expect.poll(gap, SOON).toBeLessThanOrEqual(1)
    const last = await writer.say(room, '新的一則\n'.repeat(12))
    await message('新的一則').waitFor()
    await expect.poll(gap, SOON).toBeLessThanOrEqual(1)
    const before = await writer.say(room, '倒數第二則')
    const picture = await writer.sendPicture(room, landscape(640, 480))
    await reader.page.locator(`[data-message="${picture}"] img`).waitFor()
    // In no frame is the end out of sight, whatever comes or grows above it.
    const worst = await watchGap(reader.page)
    await writer.edit(room, before, '改成很長的倒數第二則\n'.repeat(9))
    await message('改成很長的倒數第二則').waitFor()
    await writer.react(room, picture, '👍')
    await reader.page.locator('[data-reaction]').waitFor()
    await writer.edit(room, last, '改過的一則\n'.repeat(20))
    await message('改過的一則').waitFor()
    expect(await worst()).toBeLessThanOrEqual(1)
    for (const [width, height] of [
      [360, 420],
      [740, 360],
      [360, 740],
    ] as const) {
      await reader.page.setViewportSize({ width, height })
      await expect.poll(gap, SOON).toBeLessThanOrEqual(1)
    }
  })

  it('W6 shows older messages above without moving what is read, up to the first', async () => {
    // In every frame: how far the top row of the last frame moved beyond what was scrolled.
    await reader.page.evaluate(() => {
      const box = document.querySelector('.timeline')
      if (!box) throw new Error('no timeline')
      const state = { worst: 0, most: 0, stop: false }
      ;(window as unknown as { watch: typeof state }).watch = state
      const top = () => box.getBoundingClientRect().top
      const pick = () =>
        [...box.querySelectorAll<HTMLElement>('[data-anchor]')].find(
          (row) => row.getBoundingClientRect().bottom > top(),
        )
      let row: HTMLElement | undefined
      let offset = 0
      let wheel = 0
      const frame = () => {
        if (row?.isConnected) {
          const moved = row.getBoundingClientRect().top - top() - offset
          state.worst = Math.max(state.worst, Math.abs(moved - wheel))
        }
        state.most = Math.max(state.most, box.querySelectorAll('[data-anchor]').length)
        wheel = Math.min(240, box.scrollTop)
        row = pick()
        offset = row ? row.getBoundingClientRect().top - top() : 0
        box.scrollTop -= 240
        if (!state.stop) requestAnimationFrame(frame)
      }
      requestAnimationFrame(frame)
    })
    await message('第 1 則').waitFor({ timeout: 30_000 })
    const { worst, most } = await reader.page.evaluate(() => {
      const { watch } = window as unknown as { watch: { worst: number; most: number; stop: boolean } }
      watch.stop = true
      return watch
    })
    expect(worst).toBeLessThanOrEqual(1)
    expect(most).toBeLessThanOrEqual(165)
  })

  it('W8 counts new messages while the reader is above, without moving, and scrolls to them', async () => {
    await scroller().evaluate((box) => (box.scrollTop = 1500))
    const shown = message('第 20 則')
    const above = await message('第 6 則').getAttribute('data-message')
    const top = async () => (await shown.boundingBox())?.y ?? Infinity
    const before = await top()
    await writer.say(room, '你在看舊訊息嗎')
    await writer.say(room, '最下面這則')
    const pill = reader.page.getByRole('button', { name: '2 則新訊息' })
    await pill.waitFor()
    expect(Math.abs((await top()) - before)).toBeLessThanOrEqual(1)
    await writer.react(room, Number(above), '👍')
    await reader.page.locator(`[data-message="${above}"] [data-reaction]`).waitFor()
    expect(Math.abs((await top()) - before)).toBeLessThanOrEqual(1)
    await writer.edit(room, Number(above), '第 6 則變得很長\n'.repeat(12))
    await message('第 6 則變得很長').waitFor()
    expect(Math.abs((await top()) - before)).toBeLessThanOrEqual(1)
    await reader.shot('09-jump')
    await pill.click()
    await message('最下面這則').waitFor()
    await expect.poll(gap, SOON).toBeLessThanOrEqual(1)
    await pill.waitFor({ state: 'detached' })
  })

  it('goes to a quoted message that is not loaded, and to one that an address names', async () => {
    const first = await writer.call<{ message_id: number }[]>(
      'GET',
      `/chatrooms/${room}/messages?at=1970-01-01T00:00:00Z&limit=3`,
    )
    const [, , third] = first as [unknown, unknown, { message_id: number }]
    await writer.say(room, '你記得這句嗎', third.message_id)
    const quote = message('你記得這句嗎').locator('[data-quote]')
    await reader.page.reload()
    await quote.click()
    const found = reader.page.locator(`[data-message="${third.message_id}"]`)
    await expect.poll(() => found.getAttribute('class'), SOON).toContain('animate-found')
    expect(await found.textContent()).toContain('第 3 則')
    // What follows is loaded on the way down, without a gap.
    await writer.say(room, '在你讀舊訊息時說的')
    await reader.page.getByRole('button', { name: /則新訊息/ }).waitFor()
    await expect
      .poll(async () => {
        await scroller().evaluate((box) => box.scrollBy(0, 600))
        return message('第 120 則').count()
      }, SOON)
      .toBe(1)
    const numbers = await reader.page
      .locator('[data-message] .prose-chat')
      .evaluateAll((rows) => rows.map((row) => Number(/第 (\d+) 則/.exec(row.textContent)?.[1])))
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index))

    await reader.page.goto(`/chats/${room}/m/${third.message_id}`)
    await expect.poll(() => found.getAttribute('class'), SOON).toContain('animate-found')
    await reader.say('回到最新')
    await message('回到最新').waitFor()
    await expect.poll(gap, SOON).toBeLessThanOrEqual(1)
    await message('在你讀舊訊息時說的').waitFor()
    reader.allow(/status of 404/)
    await reader.page.goto(`/chats/${room}/m/1`)
    await reader.page.getByText('找不到這則訊息').waitFor()
  })

  it('opens at the first of several hundred unread messages, with the right count', async () => {
    await reader.page.goto('/chats')
    for (let n = 1; n <= 300; n += 1) await writer.say(room, `未讀 ${n}`)
    await reader.page.getByRole('navigation', { name: '主選單' }).getByText('300 則未讀訊息').waitFor()
    await reader.page.goto(`/chats/${room}`)
    const divider = reader.page.locator('[data-unread]')
    await divider.waitFor()
    const next = divider.locator('xpath=following-sibling::li[@data-message][1]')
    expect(await next.textContent()).toContain('未讀 1')
    await reader.page.getByRole('button', { name: '300 則新訊息' }).click()
    await message('未讀 300').waitFor()
    await expect.poll(gap, SOON).toBeLessThanOrEqual(1)
    await expect.poll(() => reader.page.title(), SOON).toBe('Chatroom')
  })

  it('no errors were recorded', () => {
    reader.expectNoErrors()
  })
})

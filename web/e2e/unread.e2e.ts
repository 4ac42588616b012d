import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiUser } from './api'
import { launch, Person, RUN, SOON } from './person'

const COUNT = 30

describe('W18 a room with unread messages', () => {
  let browser: Browser
  let owner: ApiUser
  let writer: ApiUser
  let reader: Person
  let room = ''

  beforeAll(async () => {
    browser = await launch()
    owner = await ApiUser.register(`小靜${RUN}`)
    writer = await ApiUser.register(`阿勇${RUN}`)
    room = await owner.befriend(writer)
    for (let n = 1; n <= 20; n += 1) await writer.say(room, `讀過的第 ${n} 句`)
    await owner.read(room)
    for (let n = 1; n <= COUNT; n += 1) await writer.say(room, `沒讀的第 ${n} 句\n還有一行`)
    reader = await Person.open(browser)
    await reader.enter(owner.username, room)
  })
  afterAll(() => browser.close())

  const divider = () => reader.page.locator('[data-unread]')
  const message = (text: string) => reader.page.locator('[data-message]', { hasText: text })
  const below = () =>
    divider().locator('xpath=following-sibling::li[@data-message][1]').locator('.prose-chat').textContent()
  const jump = (name: string) => reader.page.getByRole('button', { name, exact: true })
  const unread = async () => {
    const rooms = await owner.call<{ chatroom_id: string; unread_count: number }[]>('GET', '/chatrooms')
    return rooms.find(({ chatroom_id }) => chatroom_id === room)?.unread_count
  }

  it('opens at the divider', async () => {
    await divider().waitFor()
    const [timeline, line] = await Promise.all([
      reader.page.locator('.timeline').boundingBox(),
      divider().boundingBox(),
    ])
    const offset = (line?.y ?? 0) - (timeline?.y ?? 0)
    expect(offset).toBeGreaterThanOrEqual(0)
    expect(offset).toBeLessThan(200)
    expect(await below()).toContain('沒讀的第 1 句')
    await jump(`${COUNT} 則新訊息`).waitFor()
    expect(await unread()).toBe(COUNT)
    await reader.shot('40-unread')
  })

  it('keeps the divider where it is while new messages come', async () => {
    const before = await divider().boundingBox()
    await writer.say(room, '又來一句')
    await jump(`${COUNT + 1} 則新訊息`).waitFor()
    expect(await divider().boundingBox()).toEqual(before)
    expect(await below()).toContain('沒讀的第 1 句')
    expect(await divider().count()).toBe(1)
  })

  it('counts what was unread once', async () => {
    await jump(`${COUNT + 1} 則新訊息`).click()
    await message('又來一句').waitFor()
    await expect.poll(unread, SOON).toBe(0)
    expect(await reader.page.getByRole('button', { name: /則新訊息/ }).count()).toBe(0)
    await reader.page.locator('.timeline').evaluate((box) => box.scrollBy(0, -2000))
    await jump('最新訊息').waitFor()
    expect(await below()).toContain('沒讀的第 1 句')
    await jump('最新訊息').click()
  })

  it('does not mark as read what comes while the window is in the background', async () => {
    const cdp = await reader.context.newCDPSession(reader.page)
    await cdp.send('Emulation.setFocusEmulationEnabled', { enabled: false })
    const front = await reader.context.newPage()
    await front.bringToFront()
    await reader.page.waitForFunction(() => !document.hasFocus())
    await writer.say(room, '你在看別的')
    await message('你在看別的').waitFor()
    await expect.poll(() => reader.page.title(), SOON).toBe('(1) Chatroom')
    expect(await unread()).toBe(1)
    await front.close()
    await reader.page.bringToFront()
    await expect.poll(unread, SOON).toBe(0)
    await expect.poll(() => reader.page.title(), SOON).toBe('Chatroom')
    reader.expectNoErrors()
  })
})

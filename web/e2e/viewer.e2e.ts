import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiUser } from './api'
import { film } from './film'
import { launch, leave, Person, RUN, SCREENS, SOON } from './person'
import { DUSK, landscape, MORNING } from './png'
import { pinch, swipe, tapTwice } from './touch'

const CAPTIONS = ['早晨', '中午', '黃昏']
const LIGHTS = [MORNING, undefined, DUSK]

describe('the media viewer', () => {
  let browser: Browser
  let owner: ApiUser
  let room = ''

  beforeAll(async () => {
    browser = await launch()
    owner = await ApiUser.register(`小霞${RUN}`)
    const friend = await ApiUser.register(`阿明${RUN}`)
    room = await owner.befriend(friend)
    for (const [at, caption] of CAPTIONS.entries()) {
      await friend.sendPicture(room, landscape(1600, 1000 + at, LIGHTS[at]), caption)
      for (let line = 0; line < 12; line += 1) await friend.say(room, `${caption}之後的第 ${line} 句`)
    }
  })
  afterAll(() => browser.close())

  const dialog = (page: Page) => page.getByRole('dialog', { name: '圖片和影片' })
  const button = (page: Page, name: string) => dialog(page).getByRole('button', { name, exact: true })
  const tile = (page: Page, caption: string) => page.getByRole('button', { name: `開啟圖片：${caption}` })

  async function enter(options: Parameters<typeof Person.open>[1]): Promise<Person> {
    const person = await Person.open(browser, {
      ...options,
      reducedMotion: 'reduce',
      serviceWorkers: 'block',
    })
    person.allow(/Service Worker registration blocked/)
    await person.enter(owner.username, room)
    return person
  }

  /** Opens a picture from its message, and waits until it is shown. */
  async function open({ page }: Person, caption: string): Promise<void> {
    await tile(page, caption).click()
    await expectShown(page, caption)
  }

  async function expectShown(page: Page, caption: string): Promise<void> {
    const picture = dialog(page).getByRole('img', { name: caption })
    await picture.waitFor()
    const pixels = () => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)
    await expect.poll(pixels, SOON).toBe(1600)
  }

  /** How wide the picture is, and where it begins. */
  async function box(page: Page): Promise<{ width: number; x: number; y: number }> {
    const found = await dialog(page).getByRole('img').boundingBox()
    return found ?? { width: 0, x: 0, y: 0 }
  }
  const width = async (page: Page) => (await box(page)).width
  const stage = (page: Page): Locator => dialog(page).locator('[data-stage]')
  const closed = (page: Page) => expect.poll(() => dialog(page).count(), SOON).toBe(0)

  it.each(SCREENS)('goes on to both ends, and Back closes it at once: %s', async (tag, options) => {
    const person = await enter(options)
    const { page } = person
    await open(person, '黃昏')
    await person.shot(`30-viewer-${tag}`)
    expect(await button(page, '下一個').isDisabled()).toBe(true)
    await page.keyboard.press('ArrowRight')
    await button(page, '上一個').click()
    await expectShown(page, '中午')
    await page.keyboard.press('ArrowLeft')
    await expectShown(page, '早晨')
    expect(await button(page, '上一個').isDisabled()).toBe(true)
    await dialog(page).getByText('第 1 個，共 3 個').waitFor({ state: 'attached' })
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowRight')
    await expectShown(page, '中午')
    await person.expectNoSideScroll(tag)
    for (const control of await dialog(page).locator('button, a').all()) {
      const { width, height } = (await control.boundingBox()) ?? { width: 0, height: 0 }
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(44)
    }
    await page.goBack()
    await closed(page)
    expect(new URL(page.url()).search).toBe('')
    await leave(person)
  })

  it.each(SCREENS)('gives the focus back to the picture that was opened: %s', async (_, options) => {
    const person = await enter(options)
    const { page } = person
    await open(person, '黃昏')
    await page.keyboard.press('ArrowLeft')
    await expectShown(page, '中午')
    await page.keyboard.press('Escape')
    await closed(page)
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
    await expect.poll(focused, SOON).toBe('開啟圖片：黃昏')
    await page.keyboard.press('Enter')
    await expectShown(page, '黃昏')
    await page.goBack()
    await closed(page)
    await expect.poll(focused, SOON).toBe('開啟圖片：黃昏')
    await leave(person)
  })

  it.each(SCREENS)(
    'zooms by keys, the wheel and the button, and moves what is zoomed: %s',
    async (tag, options) => {
      const person = await enter(options)
      const { page } = person
      await open(person, '黃昏')
      const fitted = await width(page)
      await page.keyboard.press('+')
      await expect.poll(() => width(page), SOON).toBeCloseTo(fitted * 1.5, 0)
      await page.keyboard.press('-')
      await expect.poll(() => width(page), SOON).toBeCloseTo(fitted, 0)
      for (let press = 0; press < 8; press += 1) await page.keyboard.press('+')
      const most = Math.max(4, 1600 / fitted)
      await expect.poll(() => width(page), SOON).toBeCloseTo(fitted * most, 0)
      await person.shot(`31-viewer-zoomed-${tag}`)
      const before = await box(page)
      await page.keyboard.press('ArrowLeft')
      await expect.poll(async () => Math.round((await box(page)).x - before.x), SOON).toBe(80)
      const { x, y } = { x: options.viewport.width / 2, y: 300 }
      await page.mouse.move(x, y)
      await page.mouse.down()
      await page.mouse.move(x - 60, y - 20, { steps: 4 })
      await page.mouse.up()
      await expect.poll(async () => Math.round((await box(page)).x - before.x), SOON).toBe(20)
      await page.keyboard.press('0')
      await expect.poll(() => width(page), SOON).toBeCloseTo(fitted, 0)
      await page.mouse.wheel(0, -400)
      await expect.poll(() => width(page), SOON).toBeGreaterThan(fitted * 1.5)
      await button(page, '符合畫面大小').click()
      await expect.poll(() => width(page), SOON).toBeCloseTo(fitted, 0)
      await stage(page).dblclick({ position: { x: options.viewport.width / 2, y: 250 } })
      await expect.poll(() => width(page), SOON).toBeCloseTo(fitted * 2.5, 0)
      await leave(person)
    },
  )

  it('is moved by fingers: double tap, pinch, and swipes', async () => {
    const person = await enter({ ...SCREENS[1][1], hasTouch: true, isMobile: true })
    const { page } = person
    await open(person, '黃昏')
    const fitted = await width(page)
    await tapTwice(person, stage(page))
    await expect.poll(() => width(page), SOON).toBeCloseTo(fitted * 2.5, 0)
    const before = await box(page)
    await swipe(person, stage(page), [80, 0])
    await expect.poll(async () => (await box(page)).x - before.x, SOON).toBeGreaterThan(60)
    await tapTwice(person, stage(page))
    await expect.poll(() => width(page), SOON).toBeCloseTo(fitted, 0)
    await pinch(person, stage(page), 60, 180)
    await expect.poll(() => width(page), SOON).toBeGreaterThan(fitted * 2)
    await pinch(person, stage(page), 200, 20)
    await expect.poll(() => width(page), SOON).toBeCloseTo(fitted, 0)
    await swipe(person, stage(page), [120, 10])
    await expectShown(page, '中午')
    await swipe(person, stage(page), [-120, 10])
    await expectShown(page, '黃昏')
    await swipe(person, stage(page), [-120, 10])
    await expectShown(page, '黃昏')
    await swipe(person, stage(page), [10, 120])
    await closed(page)
    await leave(person)
  })

  it.each(SCREENS)('goes to the message: %s', async (_, options) => {
    const person = await enter(options)
    const { page } = person
    await open(person, '黃昏')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    await expectShown(page, '早晨')
    await button(page, '跳到訊息').click()
    await closed(page)
    const seen = () =>
      tile(page, '早晨').evaluate((element) => {
        const { top, bottom } = element.getBoundingClientRect()
        return top < innerHeight && bottom > 0
      })
    await expect.poll(seen, SOON).toBe(true)
    await leave(person)
  })

  it.each(SCREENS)('says that a picture cannot be loaded, and tries again: %s', async (tag, options) => {
    const person = await enter(options)
    const { page } = person
    person.allow(/ERR_FAILED|status of 404/)
    await page.route(
      (url) => url.pathname.startsWith('/static/message/') && !url.search,
      (route) => route.fulfill({ status: 404 }),
    )
    await tile(page, '黃昏').click()
    await dialog(page).getByText('圖片無法顯示').waitFor()
    await person.shot(`32-viewer-broken-${tag}`)
    await page.unrouteAll()
    await button(page, '重試').click()
    await expectShown(page, '黃昏')
    await leave(person)
  })

  it('plays a film, which pauses when one goes on', async () => {
    const person = await enter(SCREENS[0][1])
    const { page } = person
    const sent = [await film(page, '甲.webm'), await film(page, '乙.webm')]
    await page.locator('input[type=file]').setInputFiles(sent)
    await person.say('兩段影片')
    await expect.poll(() => page.locator('[data-waiting]').count(), SOON).toBe(0)
    await page.locator('[data-film]').first().click()
    const playing = dialog(page).locator('video')
    const time = () => playing.evaluate((video: HTMLVideoElement) => video.currentTime)
    await expect.poll(time, SOON).toBeGreaterThan(0)
    await person.shot('33-viewer-film')
    await button(page, '上一個').click()
    await expectShown(page, '黃昏')
    expect(await playing.count()).toBe(0)
    await leave(person)
  })
})

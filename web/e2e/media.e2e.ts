import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiUser } from './api'
import { film } from './film'
import { launch, Person, RUN, SCREENS, SOON } from './person'
import { landscape } from './png'

describe('what is sent as a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chatroom-e2e-'))
  let browser: Browser
  let owner: ApiUser
  let room = ''

  beforeAll(async () => {
    browser = await launch()
    owner = await ApiUser.register(`小芬${RUN}`)
    room = await owner.befriend(await ApiUser.register(`阿宏${RUN}`))
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await browser.close()
  })

  async function enter(options: Parameters<typeof Person.open>[1]): Promise<Person> {
    const person = await Person.open(browser, options)
    await person.enter(owner.username, room)
    return person
  }

  it.each(SCREENS)(
    'shows a film in a box of its size, with the words of its caption beneath: %s',
    async (tag, options) => {
      const person = await enter(options)
      const { page } = person
      await page.locator('input[type=file]').setInputFiles(await film(page, '海邊.webm'))
      const caption = `在海邊拍的一小段影片 ${tag}`
      await person.say(caption)
      const row = page.locator('[data-message]', { hasText: caption })
      await row.waitFor()
      const box = await row.locator('video').boundingBox()
      expect((box?.width ?? 0) / (box?.height ?? 1)).toBeCloseTo(4 / 3, 1)
      expect(box?.width).toBeGreaterThan(200)
      expect((await row.locator('.prose-chat').boundingBox())?.width).toBeGreaterThan(150)
      await person.shot(`14-film-${tag}`)
      person.expectNoErrors()
      await person.context.close()
    },
  )

  it.each(SCREENS)('records a voice message, which is played: %s', async (tag, options) => {
    const person = await enter(options)
    const { page } = person
    const voices = page.locator('[data-message] [data-voice]')
    const before = await voices.count()
    await page.getByRole('button', { name: '錄音' }).click()
    const recorder = page.getByRole('group', { name: '錄音中' })
    await recorder.getByText('0:01').waitFor()
    await person.shot(`15-recording-${tag}`)
    await recorder.getByRole('button', { name: '丟掉' }).click()
    await recorder.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: '錄音' }).click()
    await recorder.getByText('0:02').waitFor()
    await recorder.getByRole('button', { name: '傳送語音' }).click()
    await expect.poll(() => voices.count(), SOON).toBe(before + 1)
    await expect.poll(() => page.locator('[data-waiting]').count(), SOON).toBe(0)
    const voice = voices.last()
    await voice.getByText(/^0:0[23]$/).waitFor()
    await person.shot(`15-voice-${tag}`)
    await voice.getByRole('button', { name: '播放' }).click()
    const played = () => voice.locator('audio').evaluate((audio: HTMLAudioElement) => audio.currentTime)
    await expect.poll(played, SOON).toBeGreaterThan(0)
    // The bars, one for 80 ms, are as loud as the microphone was, which beeps.
    const heights = await voice
      .locator('[aria-hidden=true].rounded-full')
      .evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().height))
    expect(heights.length).toBeGreaterThan(10)
    expect(new Set(heights).size).toBeGreaterThan(1)
    person.expectNoErrors()
    await person.context.close()
  })

  it.each(SCREENS)('shows pictures that were sent together as an album: %s', async (tag, options) => {
    const pictures = [...'甲乙丙丁戊'].map((name) => join(folder, `${name}.png`))
    pictures.forEach((path, at) => writeFileSync(path, landscape(300 + at * 20, 200)))
    const person = await enter(options)
    const { page } = person
    await person.attach(...pictures)
    await person.say(`五張風景 ${tag}`)
    const album = page.locator('[data-album]').last()
    await expect.poll(() => page.locator('[data-waiting]').count(), SOON).toBe(0)
    await expect.poll(() => album.locator('[data-message]').count(), SOON).toBe(5)
    await album.getByText(`五張風景 ${tag}`).waitFor()
    await person.shot(`17-album-${tag}`)
    const boxes = await album
      .locator('[data-message]')
      .evaluateAll((tiles) =>
        tiles
          .map((tile) => tile.getBoundingClientRect())
          .map(({ width, height }) => Math.round(width - height)),
      )
    expect(boxes).toEqual([0, 0, 0, 0, 0])
    await page.reload()
    await album.locator('[data-message] button').nth(2).click()
    await page.getByRole('dialog').locator('img').waitFor()
    await page.keyboard.press('Escape')
    const third = album.locator('[data-message]').nth(2)
    await (await person.openMenu(third)).getByRole('menuitem', { name: '收回' }).click()
    await page.getByRole('dialog').getByRole('button', { name: '收回' }).click()
    await expect
      .poll(() => page.locator('[data-album]').last().locator('[data-message]').count(), SOON)
      .toBe(2)
    await person.expectNoSideScroll(tag)
    person.expectNoErrors()
    await person.context.close()
  })
})

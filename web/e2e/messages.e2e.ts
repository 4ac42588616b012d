import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiUser } from './api'
import { film } from './film'
import { launch, Person, RUN, SCREENS, SOON } from './person'
import { landscape } from './png'
import { swipe } from './touch'

interface Sent {
  message_id: number
  content: string
  deleted: boolean
  forwarded?: boolean
}

let browser: Browser
let me: ApiUser
let friend: ApiUser
let room = ''

beforeAll(async () => {
  browser = await launch()
  me = await ApiUser.register(`曉雯${RUN}`)
  friend = await ApiUser.register(`建宏${RUN}`)
  room = await me.befriend(friend)
})
afterAll(() => browser.close())

async function enter(where = room, options: Parameters<typeof Person.open>[1] = {}): Promise<Person> {
  const person = await Person.open(browser, options)
  await person.enter(me.username, where)
  return person
}
const row = ({ page }: Person, text: string) => page.locator('[data-message]', { hasText: text }).last()
const bar = ({ page }: Person) => page.getByRole('region', { name: '選取訊息' })
/** The newest messages of a room, the oldest of them first. */
const newest = (where: string, limit: number) =>
  me.call<Sent[]>('GET', `/chatrooms/${where}/messages?limit=${limit}`)

async function select(person: Person, text: string): Promise<void> {
  const menu = await person.openMenu(row(person, text))
  await menu.getByRole('menuitem', { name: '選取' }).click()
  await bar(person).getByText('已選取 1 則').waitFor()
}

describe('several messages', () => {
  let other = ''

  beforeAll(async () => {
    other = await me.befriend(await ApiUser.register(`佩珊${RUN}`))
  })

  it.each(SCREENS)(
    'are selected by taps, and copied and forwarded in their order: %s',
    async (tag, options) => {
      const texts = ['買牛奶', '買雞蛋', '買吐司'].map((text) => `${text} ${tag}`)
      const [milk = '', eggs = '', toast = ''] = texts
      await me.say(room, milk)
      await friend.say(room, eggs)
      await me.say(room, toast)
      const person = await enter(room, options)
      await person.context.grantPermissions(['clipboard-read', 'clipboard-write'])
      // The newest is selected first.
      await select(person, toast)
      await row(person, milk).click()
      await row(person, eggs).click()
      await bar(person).getByText('已選取 3 則').waitFor()
      await person.shot(`20-select-${tag}`)
      await person.expectNoSideScroll(tag)
      // One is not one's own.
      expect(await bar(person).getByRole('button', { name: '收回' }).isDisabled()).toBe(true)
      await row(person, eggs).click()
      await bar(person).getByText('已選取 2 則').waitFor()
      expect(await bar(person).getByRole('button', { name: '收回' }).isDisabled()).toBe(false)
      await row(person, eggs).click()

      await bar(person).getByRole('button', { name: '轉傳' }).click()
      const dialog = person.page.getByRole('dialog', { name: '轉傳到' })
      await dialog.getByRole('checkbox', { name: `佩珊${RUN}` }).check()
      await dialog.getByRole('button', { name: '轉傳' }).click()
      await person.page.getByText('已轉傳').waitFor()
      await bar(person).waitFor({ state: 'detached' })
      const sent = await newest(other, 3)
      expect(sent.map(({ content }) => content)).toEqual(texts)
      expect(sent.every(({ forwarded }) => forwarded)).toBe(true)

      await select(person, eggs)
      await row(person, milk).click()
      await bar(person).getByRole('button', { name: '複製文字' }).click()
      await person.page.getByText('已複製').waitFor()
      expect(await person.page.evaluate(() => navigator.clipboard.readText())).toBe(`${milk}\n${eggs}`)
      await bar(person).waitFor({ state: 'detached' })
      person.expectNoErrors()
      await person.context.close()
    },
  )

  it('are unsent for all, or deleted for oneself, after a question', async () => {
    for (const text of ['說錯一', '說錯二', '留著']) await me.say(room, text)
    await friend.say(room, '不想看')
    const person = await enter()
    await select(person, '說錯一')
    await row(person, '說錯二').click()
    await bar(person).getByRole('button', { name: '收回' }).click()
    const question = person.page.getByRole('dialog', { name: '收回 2 則訊息？' })
    await question.getByRole('button', { name: '取消' }).click()
    await bar(person).getByText('已選取 2 則').waitFor()
    await bar(person).getByRole('button', { name: '收回' }).click()
    await question.getByRole('button', { name: '收回' }).click()
    await bar(person).waitFor({ state: 'detached' })
    expect((await newest(room, 4)).map(({ deleted }) => deleted)).toEqual([true, true, false, false])

    await select(person, '不想看')
    await row(person, '留著').click()
    await bar(person).getByRole('button', { name: '只從我這裡刪除' }).click()
    const dialog = person.page.getByRole('dialog', { name: '刪除 2 則訊息？' })
    await dialog.getByRole('button', { name: '刪除' }).click()
    await bar(person).waitFor({ state: 'detached' })
    await row(person, '留著').waitFor({ state: 'detached' })
    await row(person, '不想看').waitFor({ state: 'detached' })
    const theirs = await friend.call<Sent[]>('GET', `/chatrooms/${room}/messages?limit=2`)
    expect(theirs.map(({ content }) => content)).toEqual(['留著', '不想看'])
    person.expectNoErrors()
    await person.context.close()
  })

  it('are selected by the keyboard alone, and Escape and Back end it', async () => {
    for (const text of ['鍵盤一', '鍵盤二', '鍵盤三']) await friend.say(room, text)
    const person = await enter()
    const { page } = person
    await row(person, '鍵盤三').waitFor()
    await page.locator('.timeline').focus()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Space')
    await bar(person).getByText('已選取 1 則').waitFor()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Space')
    await bar(person).getByText('已選取 2 則').waitFor()
    const checked = page.locator('[data-message]', { has: page.locator('input:checked') })
    expect(await checked.count()).toBe(2)
    expect(await checked.allTextContents()).toEqual([
      expect.stringContaining('鍵盤一'),
      expect.stringContaining('鍵盤三'),
    ])
    await page.keyboard.press('Space')
    await bar(person).getByText('已選取 1 則').waitFor()
    await page.keyboard.press('Escape')
    await bar(person).waitFor({ state: 'detached' })
    expect(new URL(page.url()).search).toBe('')

    await select(person, '鍵盤二')
    await page.goBack()
    await bar(person).waitFor({ state: 'detached' })
    expect(new URL(page.url()).pathname).toBe(`/chats/${room}`)
    // A reload forgets what was selected.
    await select(person, '鍵盤二')
    await page.reload()
    await page.getByPlaceholder('輸入訊息').waitFor()
    await expect.poll(() => new URL(page.url()).search, SOON).toBe('')
    person.expectNoErrors()
    await person.context.close()
  })

  it('stay selected while they are not rendered', async () => {
    const long = await me.befriend(await ApiUser.register(`長長${RUN}`))
    for (let n = 1; n <= 320; n += 1) await me.say(long, `第 ${n} 句`)
    const person = await enter(long)
    await person.context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await select(person, '第 320 句')
    const far = person.page.locator('[data-message]', { hasText: /第 20 句/ })
    const up = () =>
      person.page.locator('.timeline').evaluate((box) => {
        box.scrollTop = 0
      })
    await expect
      .poll(async () => {
        await up()
        return far.count()
      }, SOON)
      .toBe(1)
    expect(await row(person, '第 320 句').count()).toBe(0)
    await far.click()
    await bar(person).getByText('已選取 2 則').waitFor()
    await bar(person).getByRole('button', { name: '複製文字' }).click()
    await bar(person).waitFor({ state: 'detached' })
    expect(await person.page.evaluate(() => navigator.clipboard.readText())).toBe('第 20 句\n第 320 句')
    person.expectNoErrors()
    await person.context.close()
  })
})

describe('a finger', () => {
  it('answers a message by a swipe to the left, and scrolls by one up and down', async () => {
    const shared = await me.befriend(await ApiUser.register(`手指${RUN}`))
    for (let n = 1; n <= 40; n += 1) await me.say(shared, `滑動的第 ${n} 則，有兩行長的內容可以滑`)
    const person = await enter(shared, {
      viewport: { width: 360, height: 640 },
      hasTouch: true,
      isMobile: true,
    })
    const { page } = person
    const text = row(person, '滑動的第 36 則').locator('.bubble')
    const composing = page.locator('[data-composing]')
    const top = () => page.locator('.timeline').evaluate((box) => Math.round(box.scrollTop))
    await text.waitFor()
    const before = await top()

    await swipe(person, text, [-40, 0])
    expect(await composing.count()).toBe(0)
    await swipe(person, text, [-90, 6])
    await composing.getByText('滑動的第 36 則').waitFor()
    // It is where it was.
    expect(await row(person, '滑動的第 36 則').evaluate((shown) => getComputedStyle(shown).transform)).toBe(
      'none',
    )
    await composing.getByRole('button', { name: '取消' }).click()
    await composing.waitFor({ state: 'detached' })

    await swipe(person, row(person, '滑動的第 36 則').locator('.bubble'), [-12, 200])
    await expect.poll(top, SOON).toBeLessThan(before - 100)
    expect(await composing.count()).toBe(0)
    expect(await page.getByRole('menu').count()).toBe(0)
    person.expectNoErrors()
    await person.context.close()
  })
})

it('Escape ends an answer and an edit, wherever the focus is', async () => {
  const text = '要改的那一句'
  await me.say(room, text)
  const person = await enter()
  const { page } = person
  for (const action of ['編輯', '回覆']) {
    await (await person.openMenu(row(person, text))).getByRole('menuitem', { name: action }).click()
    await page.locator('[data-composing]').waitFor()
    await page.locator('.timeline').focus()
    await page.keyboard.press('Escape')
    await page.locator('[data-composing]').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: '錄音' }).waitFor()
  }
  person.expectNoErrors()
  await person.context.close()
})

it.each(SCREENS)(
  'films are in an album with pictures, and played in the viewer: %s',
  async (tag, options) => {
    const person = await enter(room, options)
    const { page } = person
    const picture = { name: '岸邊.png', mimeType: 'image/png', buffer: landscape(400, 300) }
    await page
      .locator('input[type=file]:not([data-add-sticker])')
      .setInputFiles([await film(page, '浪一.webm'), picture, await film(page, '浪二.webm')])
    await page.getByRole('list', { name: '準備傳送的檔案' }).getByRole('listitem').nth(2).waitFor()
    await person.say(`看海 ${tag}`)
    await expect.poll(() => page.locator('[data-waiting]').count(), SOON).toBe(0)
    const album = page.locator('[data-album]').last()
    await expect.poll(() => album.locator('[data-message]').count(), SOON).toBe(3)
    const films = album.locator('[data-film]')
    expect(await films.count()).toBe(2)
    // A picture of the film is there before it is played.
    const drawn = () =>
      films
        .first()
        .locator('video')
        .evaluate((video: HTMLVideoElement) => video.readyState)
    await expect.poll(drawn, SOON).toBeGreaterThanOrEqual(1)
    // And how long it is.
    await films
      .first()
      .getByText(/^0:0\d$/)
      .waitFor()
    await person.shot(`21-films-${tag}`)
    await films.first().click()
    const viewer = page.getByRole('dialog').locator('video')
    const played = () => viewer.evaluate((video: HTMLVideoElement) => video.currentTime)
    await expect.poll(played, SOON).toBeGreaterThan(0)
    await person.shot(`21-viewer-${tag}`)
    await page.keyboard.press('Escape')
    await viewer.waitFor({ state: 'detached' })
    await person.expectNoSideScroll(tag)
    person.expectNoErrors()
    await person.context.close()
  },
)

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiUser } from './api'
import { launch, PASSWORD, Person, RUN, SCREENS, SOON } from './person'
import { landscape } from './png'

const UPLOAD = '/upload/upload-message-file'
interface Sent {
  kind?: string
  sticker?: { pack: string; id: string }
  media_url: string | null
}

let browser: Browser
let me: ApiUser
let friend: ApiUser
let room = ''

beforeAll(async () => {
  browser = await launch()
  me = await ApiUser.register(`美玲${RUN}`)
  friend = await ApiUser.register(`家豪${RUN}`)
  room = await me.befriend(friend)
})
afterAll(() => browser.close())

async function enter(options: Parameters<typeof Person.open>[1] = {}): Promise<Person> {
  const person = await Person.open(browser, options)
  await person.enter(me.username, room)
  return person
}
const panel = ({ page }: Person) => page.getByRole('region', { name: '表情與貼圖' })
const box = ({ page }: Person) => page.getByPlaceholder('輸入訊息')

describe('emoji', () => {
  it.each(SCREENS)('are found by their names, and written at the caret: %s', async (tag, options) => {
    const person = await enter(options)
    const { page } = person
    await box(person).fill('生日快樂！')
    await box(person).evaluate((area: HTMLTextAreaElement) => area.setSelectionRange(4, 4))
    await page.getByRole('button', { name: '表情與貼圖' }).click()
    const picker = panel(person)
    await picker.getByRole('button', { name: '大笑', exact: true }).waitFor()
    await person.shot(`22-emoji-${tag}`)
    await person.expectNoSideScroll(tag)
    await picker.getByLabel('搜尋表情').fill('生日')
    await picker.getByRole('button', { name: /蛋糕/ }).first().click()
    expect(await box(person).inputValue()).toBe('生日快樂🎂！')
    await picker.getByLabel('搜尋表情').fill('沒有這種東西')
    await picker.getByText('沒有符合的表情').waitFor()
    await picker.getByLabel('搜尋表情').fill('')
    await picker.getByRole('button', { name: '人物與身體' }).click()
    await picker.getByLabel('膚色').selectOption({ index: 3 })
    await picker.getByRole('button', { name: '揮手', exact: true }).click()
    expect(await box(person).inputValue()).toBe('生日快樂🎂👋🏽！')
    await page.keyboard.press('Escape')
    await picker.waitFor({ state: 'detached' })
    expect(await box(person).evaluate((area) => area === document.activeElement)).toBe(true)
    await box(person).press('Enter')
    await expect.poll(async () => (await person.texts()).at(-1), SOON).toBe('生日快樂🎂👋🏽！')

    // What was used is there again after a reload, the last first.
    await page.reload()
    await page.getByRole('button', { name: '表情與貼圖' }).click()
    const lately = panel(person).getByRole('group', { name: '最近使用' }).getByRole('button')
    await expect.poll(() => lately.first().textContent(), SOON).toMatch(/👋🏽/)
    expect(await lately.nth(1).textContent()).toMatch(/🎂/)
    // A click elsewhere closes it.
    await page.locator('.timeline').click({ position: { x: 5, y: 5 } })
    await panel(person).waitFor({ state: 'detached' })
    person.expectNoErrors()
    await person.context.close()
  })

  it('are chosen by the keyboard, in rows and columns', async () => {
    const person = await enter()
    const { page } = person
    await page.keyboard.press('Control+Shift+E')
    await panel(person).waitFor()
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
    await expect.poll(focused, SOON).toBe('搜尋表情')
    await panel(person).getByRole('button', { name: '大笑', exact: true }).waitFor()
    await page.keyboard.press('ArrowDown')
    const at = () =>
      page.evaluate(() => {
        const { left = 0, top = 0 } = document.activeElement?.getBoundingClientRect() ?? {}
        return [Math.round(left), Math.round(top)] as const
      })
    const first = await page.evaluateHandle(() => document.activeElement)
    const [left, top] = await at()
    await page.keyboard.press('ArrowRight')
    expect((await at())[0]).toBeGreaterThan(left)
    await page.keyboard.press('ArrowDown')
    expect((await at())[1]).toBeGreaterThan(top)
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowLeft')
    // The element, not its place, which may be a pixel off after the list has scrolled.
    expect(await first.evaluate((emoji) => emoji === document.activeElement)).toBe(true)
    await page.keyboard.press('Enter')
    expect(await box(person).inputValue()).not.toBe('')
    await page.keyboard.press('Escape')
    await panel(person).waitFor({ state: 'detached' })
    await box(person).fill('')
    person.expectNoErrors()
    await person.context.close()
  })

  it('are all there as reactions, behind those that are one tap away', async () => {
    await friend.say(room, '今天吃什麼')
    const person = await enter()
    const row = person.page.locator('[data-message]', { hasText: '今天吃什麼' })
    const menu = await person.openMenu(row)
    await menu.getByRole('menuitem', { name: '更多表情' }).click()
    const dialog = person.page.getByRole('dialog', { name: '表情回應' })
    await dialog.getByLabel('搜尋表情').fill('壽司')
    await person.shot('22-reaction')
    await dialog.getByLabel('搜尋表情').press('Enter')
    await dialog.waitFor({ state: 'detached' })
    await row.locator('[data-reaction="🍣"]').waitFor()
    person.expectNoErrors()
    await person.context.close()
  })

  it('are found in every language of the client', async () => {
    for (const [locale, label, query] of [
      ['en-US', 'Search emoji', 'sushi'],
      ['ja-JP', '絵文字を検索', '寿司'],
    ] as const) {
      const person = await Person.open(browser, { locale })
      await person.page.goto('/login')
      await person.page.locator('input').first().fill(me.username)
      await person.page.locator('input[type=password]').fill(PASSWORD)
      await person.page.locator('input[type=password]').press('Enter')
      await person.page.waitForURL('**/chats')
      await person.page.goto(`/chats/${room}`)
      await person.page.locator('.composer-input').waitFor()
      await person.page.keyboard.press('Control+Shift+E')
      await person.page.getByLabel(label).fill(query)
      await person.page.locator('[data-emoji-picker] button', { hasText: '🍣' }).waitFor()
      person.expectNoErrors()
      await person.context.close()
    }
  })
})

describe('stickers', () => {
  const sent = async () =>
    (await friend.call<Sent[]>('GET', `/chatrooms/${room}/messages?limit=200`)).filter(
      ({ kind }) => kind === 'sticker',
    ).length
  const newest = async () => (await friend.call<Sent[]>('GET', `/chatrooms/${room}/messages?limit=1`)).at(-1)

  it.each(SCREENS)('are sent by the keyboard, and uploaded once: %s', async (tag, options) => {
    const person = await enter(options)
    const { page } = person
    let uploads = 0
    page.on('request', (request) => (uploads += new URL(request.url()).pathname === UPLOAD ? 1 : 0))
    const shown = page.locator('[data-message] [data-sticker]')
    const before = await sent()
    const pick = async () => {
      await page.keyboard.press('Control+;')
      await panel(person).getByRole('button', { name: '[貼圖] 早安' }).waitFor()
      await expect
        .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')), SOON)
        .toMatch(/貼圖/)
      await panel(person).getByRole('button', { name: '[貼圖] 早安' }).press('Enter')
      await panel(person).waitFor({ state: 'detached' })
    }
    await box(person).fill('還沒寫完')
    await pick()
    await expect.poll(sent, SOON).toBe(before + 1)
    expect(await newest()).toMatchObject({ kind: 'sticker', sticker: { pack: 'bear', id: 'morning' } })
    const first = (await newest())?.media_url
    await pick()
    await expect.poll(sent, SOON).toBe(before + 2)
    expect((await newest())?.media_url).toBe(first)
    expect(uploads).toBe(1)
    // What was being written is still there.
    expect(await box(person).inputValue()).toBe('還沒寫完')
    await box(person).fill('')

    await expect.poll(() => page.locator('[data-waiting]').count(), SOON).toBe(0)
    const sticker = shown.last()
    expect(await sticker.getAttribute('alt')).toBe('[貼圖] 早安')
    const size = await sticker.boundingBox()
    expect([size?.width, size?.height]).toEqual([160, 160])
    await expect.poll(() => sticker.evaluate((img: HTMLImageElement) => img.naturalWidth), SOON).toBe(320)
    // It stands on the chat itself.
    const bubble = page.locator('.bubble', { has: page.locator('[data-sticker]') }).last()
    expect(await bubble.evaluate((shown) => getComputedStyle(shown).backgroundColor)).toBe('rgba(0, 0, 0, 0)')
    await person.shot(`23-sticker-${tag}`)
    await page.keyboard.press('Control+;')
    await panel(person).getByRole('button', { name: '[貼圖] 晚安' }).waitFor()
    await person.shot(`23-stickers-${tag}`)
    await page.keyboard.press('Escape')
    await person.expectNoSideScroll(tag)
    person.expectNoErrors()
    await person.context.close()
  })

  it('are uploaded again when the server has the file no more', async () => {
    const person = await enter()
    const { page } = person
    const before = await sent()
    const gone = `/static/message/01935b6e-0000-7000-8000-00000000000a.webp`
    await page.evaluate(
      ([key, url]) => {
        const upload = { url, message_type: 'image' }
        localStorage.setItem(`chatroom.sticker.${key}`, JSON.stringify({ 'bear/tea': upload }))
      },
      [String(me.id), gone] as const,
    )
    person.allow(/status of 4\d\d/)
    await page.keyboard.press('Control+;')
    await panel(person).getByRole('button', { name: '[貼圖] 喝珍奶' }).click()
    await expect.poll(sent, SOON).toBe(before + 1)
    await expect.poll(() => page.locator('[data-waiting]').count(), SOON).toBe(0)
    expect(await newest()).toMatchObject({ sticker: { id: 'tea' } })
    expect((await newest())?.media_url).not.toContain(gone)
    person.expectNoErrors()
    await person.context.close()
  })

  it('are made of pictures, kept over a reload, and removed', async () => {
    const person = await enter()
    const { page } = person
    const own = panel(person).getByRole('button', { name: '[貼圖]', exact: true })
    await page.keyboard.press('Control+;')
    const picture = { name: '我的貓.png', mimeType: 'image/png', buffer: landscape(900, 600) }
    await page.locator('[data-add-sticker]').setInputFiles(picture)
    await own.waitFor()
    const bad = { name: '壞掉.png', mimeType: 'image/png', buffer: Buffer.from('no picture') }
    await page.locator('[data-add-sticker]').setInputFiles(bad)
    await page.getByText('無法讀取「壞掉.png」').waitFor()
    expect(await own.count()).toBe(1)
    await page.reload()
    await box(person).waitFor()
    await page.keyboard.press('Control+;')
    await own.click()
    const sticker = page.locator('[data-message] [data-sticker]').last()
    await expect.poll(() => page.locator('[data-waiting]').count(), SOON).toBe(0)
    await expect.poll(async () => (await newest())?.sticker?.pack, SOON).toBe('own')
    await expect.poll(() => sticker.evaluate((img: HTMLImageElement) => img.naturalWidth), SOON).toBe(320)
    expect(await sticker.evaluate((img: HTMLImageElement) => img.naturalHeight)).toBe(213)
    await page.keyboard.press('Control+;')
    await panel(person).getByRole('button', { name: '移除', exact: true }).click()
    await panel(person).getByRole('button', { name: '移除 [貼圖]' }).click()
    await own.waitFor({ state: 'detached' })
    await panel(person).getByRole('button', { name: '[貼圖] 哈囉' }).waitFor()
    await page.keyboard.press('Escape')
    person.expectNoErrors()
    await person.context.close()
  })

  it('are there for those who receive them, with their names in the list', async () => {
    const person = await Person.open(browser)
    await person.start(friend.username)
    await person.page.getByRole('link', { name: new RegExp(`${me.username}[^]*貼圖`) }).click()
    const sticker = person.page.locator('[data-message] [data-sticker]').last()
    await expect
      .poll(() => sticker.evaluate((img: HTMLImageElement) => img.naturalWidth), SOON)
      .toBeGreaterThan(0)
    await person.page.getByRole('img', { name: '[貼圖] 早安' }).first().waitFor()
    person.expectNoErrors()
    await person.context.close()
  })
})

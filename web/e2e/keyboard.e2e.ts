import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiUser } from './api'
import { launch, PASSWORD, Person, RUN, SOON } from './person'
import { landscape } from './png'

let browser: Browser
let me: ApiUser
let friend: ApiUser

beforeAll(async () => {
  browser = await launch()
  me = await ApiUser.register(`鍵盤${RUN}`)
  friend = await ApiUser.register(`朋友${RUN}`)
})
afterAll(() => browser.close())

/** What has the focus: its name or text; fails where nobody would see that it has it. */
async function focused(page: Page): Promise<string> {
  const { name, visible } = await page.evaluate(() => {
    const active = document.activeElement
    if (!(active instanceof HTMLElement) || active === document.body) return { name: '', visible: true }
    const { outlineStyle, outlineWidth } = getComputedStyle(active)
    const box = active.getBoundingClientRect()
    const inside =
      box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth && box.width > 0
    const marked = active.matches(':focus-visible') && outlineStyle !== 'none' && outlineWidth !== '0px'
    const label = active instanceof HTMLInputElement ? active.labels?.[0]?.textContent : active.textContent
    const name = active.getAttribute('aria-label') ?? active.getAttribute('placeholder') ?? label ?? ''
    return { name: name.trim(), visible: inside && marked }
  })
  expect([name, visible]).toEqual([name, true])
  return name
}

/** Presses Tab until something of this name has the focus. */
async function tabTo(page: Page, name: RegExp, key = 'Tab'): Promise<void> {
  const seen: string[] = []
  for (let n = 0; n < 60; n += 1) {
    await page.keyboard.press(key)
    const now = await focused(page)
    if (name.test(now)) return
    seen.push(now)
  }
  throw new Error(`nothing is called ${String(name)} among: ${seen.join(' | ')}`)
}

describe('the keyboard alone', () => {
  let person: Person
  let page: Page
  const row = (text: string) => page.locator('[data-message]', { hasText: text }).last()
  const inRow = (text: string) =>
    row(text).evaluate((shown) => shown === document.activeElement || shown.contains(document.activeElement))

  beforeAll(async () => {
    person = await Person.open(browser)
    ;({ page } = person)
  })

  it('signs in', async () => {
    await page.goto('/login')
    await page.getByRole('button', { name: '登入' }).waitFor()
    if (!/使用者名稱/.test(await focused(page))) await tabTo(page, /使用者名稱/)
    await page.keyboard.type(me.username)
    await tabTo(page, /^密碼/)
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/chats')
  })

  it('adds a friend', async () => {
    await tabTo(page, /^好友/)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/people/friends')
    await tabTo(page, /^搜尋$/)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/people/search')
    await tabTo(page, /電子郵件或使用者名稱/)
    await page.keyboard.type(friend.username)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: '加好友' }).waitFor()
    await tabTo(page, /^加好友/)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: '收回邀請' }).waitFor()
    await friend.call('POST', `/friends/requests/accepted?friend_id=${me.id}`)
  })

  it('opens the chat, and sends', async () => {
    await tabTo(page, /^聊天/, 'Shift+Tab')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/chats')
    await page.getByRole('link', { name: new RegExp(friend.username) }).waitFor()
    await tabTo(page, new RegExp(friend.username))
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/chats\/[0-9a-f-]{36}$/)
    await expect.poll(() => focused(page), SOON).toMatch(/傳訊息給|輸入訊息/)
    await page.keyboard.type('早安')
    await page.keyboard.press('Enter')
    await person.expectTexts(['早安'])
  })

  it('reacts, answers and edits, and the focus is where it was', async () => {
    const room = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    await friend.say(room, '早，吃飽沒')
    await row('吃飽沒').waitFor()
    await page.keyboard.press('Shift+F6')
    await page.keyboard.press('ArrowUp')
    expect(await inRow('吃飽沒')).toBe(true)
    await focused(page)
    await page.keyboard.press('+')
    await expect.poll(() => focused(page), SOON).toBe('搜尋表情')
    await page.keyboard.type('愛心')
    await page.getByRole('group', { name: '找到的表情' }).getByRole('button').first().waitFor()
    await page.keyboard.press('Enter')
    await row('吃飽沒').locator('[data-reaction]').waitFor()
    expect(await inRow('吃飽沒')).toBe(true)
    await page.keyboard.press('r')
    await page.locator('[data-composing]').waitFor()
    expect(await focused(page)).toMatch(/傳訊息給/)
    await page.keyboard.type('還沒')
    await page.keyboard.press('Enter')
    await expect.poll(() => row('還沒').locator('[data-quote]').count(), SOON).toBe(1)
    await page.keyboard.press('ArrowUp')
    await page.locator('[data-composing]').getByText('編輯訊息').waitFor()
    await page.keyboard.type('，你呢')
    await page.keyboard.press('Enter')
    await row('還沒，你呢').locator('[data-edited]').waitFor()
    expect(await focused(page)).toMatch(/傳訊息給/)
  })

  it('opens a picture, and closes it', async () => {
    const room = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    const form = new FormData()
    const file = new Blob([new Uint8Array(landscape(300, 200))], { type: 'image/png' })
    form.append('file', file, '早餐.png')
    const { url } = await friend.call<{ url: string }>('POST', '/upload/upload-message-file', form)
    const client_msg_id = crypto.randomUUID()
    const picture = { content: url, message_type: 'image', caption: '我的早餐', client_msg_id }
    await friend.call('POST', `/chatrooms/${room}/message`, picture)
    await row('我的早餐').waitFor()
    await page.keyboard.press('Shift+F6')
    await page.keyboard.press('ArrowUp')
    expect(await inRow('我的早餐')).toBe(true)
    await tabTo(page, /開啟圖片：我的早餐/)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: '圖片和影片' }).waitFor()
    await focused(page)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await focused(page)).toMatch(/開啟圖片：我的早餐/)
  })

  it('signs out', async () => {
    await page.keyboard.press('F6')
    await page.keyboard.press('F6')
    await tabTo(page, /^設定/)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/settings**')
    await tabTo(page, /^帳號/)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/settings/account')
    await tabTo(page, /^登出$/)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/login')
    person.expectNoErrors()
    await person.context.close()
  })
})

describe('the shortcuts', () => {
  let person: Person
  let page: Page
  let first = ''
  let second = ''
  /** The shortcuts that were pressed and did what they should. */
  const worked = new Set<string>()

  /** Presses a shortcut, as the help names its keys. */
  async function press(...keys: string[]): Promise<void> {
    const names: Record<string, string> = {
      Ctrl: 'Control',
      '↑': 'ArrowUp',
      '↓': 'ArrowDown',
      Esc: 'Escape',
      'Page Up': 'PageUp',
      'Page Down': 'PageDown',
    }
    await page.keyboard.press(keys.map((key) => names[key] ?? key).join('+'))
    worked.add(keys.join(' '))
  }
  const box = () => page.getByPlaceholder('輸入訊息')
  const top = () => page.locator('.timeline').evaluate((shown) => Math.round(shown.scrollTop))
  const composing = () => page.locator('[data-composing]')
  const dialog = (name: string) => page.getByRole('dialog', { name })

  beforeAll(async () => {
    first = await me.befriend(await ApiUser.register(`甲${RUN}`))
    second = await me.befriend(await ApiUser.register(`乙${RUN}`))
    for (let n = 1; n <= 60; n += 1) await me.say(first, `甲的第 ${n} 句，好讓人捲動`)
    await me.say(second, '乙')
    person = await Person.open(browser)
    ;({ page } = person)
    await person.enter(me.username, first)
    await page.getByText('甲的第 60 句').first().waitFor()
  })

  it('of the composer', async () => {
    await box().focus()
    await press('Shift', '↑')
    await composing().getByText('回覆自己的訊息').waitFor()
    await press('Esc')
    await composing().waitFor({ state: 'detached' })
    await press('↑')
    await composing().getByText('編輯訊息').waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.type('兩行')
    await press('Shift', 'Enter')
    await page.keyboard.type('第二行')
    await press('Enter')
    await expect.poll(async () => (await person.texts()).at(-1), SOON).toBe('兩行\n第二行')
    const chooser = page.waitForEvent('filechooser')
    await press('Ctrl', 'u')
    await chooser
    await press('Ctrl', 'Shift', 'e')
    await page.getByRole('searchbox', { name: '搜尋表情' }).waitFor()
    await page.keyboard.press('Escape')
    await press('Ctrl', ';')
    await page.getByRole('button', { name: '[貼圖] 哈囉' }).waitFor()
    await page.keyboard.press('Escape')
    await page.locator('[data-picker]').waitFor({ state: 'detached' })
  })

  it('of the timeline', async () => {
    const end = await top()
    await press('Page Up')
    await expect.poll(top, SOON).toBeLessThan(end)
    await press('Page Down')
    await expect.poll(top, SOON).toBeGreaterThanOrEqual(end)
    // At the top of what is loaded the rest comes, above what is read.
    await press('Home')
    await page.locator('[data-message]', { hasText: '甲的第 1 句' }).waitFor()
    await page.keyboard.press('Home')
    await expect.poll(top, SOON).toBe(0)
    await press('End')
    await expect.poll(top, SOON).toBeGreaterThanOrEqual(end)
    // In a text they move the caret.
    await box().fill('有字')
    await page.keyboard.press('Home')
    expect(await box().evaluate((area: HTMLTextAreaElement) => area.selectionStart)).toBe(0)
    expect(await top()).toBeGreaterThanOrEqual(end)
    await box().fill('')
  })

  it('of the room', async () => {
    const panel = page.locator('[data-panel]')
    await press('Ctrl', 'f')
    await panel.getByRole('searchbox').waitFor()
    // The second time it is the browser's.
    const prevented = page.evaluate(
      () =>
        new Promise((done) =>
          addEventListener('keydown', (event) => event.key === 'f' && done(event.defaultPrevented)),
        ),
    )
    await page.keyboard.press('Control+f')
    expect(await prevented).toBe(false)
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'detached' })
    await press('Ctrl', '.')
    await panel.waitFor()
    await page.keyboard.press('Control+.')
    await panel.waitFor({ state: 'detached' })
    await press('Ctrl', 'Shift', '\\')
    await dialog('表情回應').waitFor()
    await page.keyboard.press('Escape')
    await dialog('表情回應').waitFor({ state: 'detached' })
  })

  it('of a message', async () => {
    const row = (text: string) => page.locator('[data-message]', { hasText: text }).last()
    const to = async (text: string) => {
      await row(text).focus()
      await page.keyboard.press('ArrowDown')
      await press('↑')
      expect(await row(text).evaluate((shown) => shown === document.activeElement)).toBe(true)
    }
    await to('甲的第 58 句')
    await press('↓')
    expect(await row('甲的第 59 句').evaluate((shown) => shown === document.activeElement)).toBe(true)
    await press('Enter')
    await page.getByRole('menu').waitFor()
    await page.keyboard.press('Escape')
    // From what the menu gives the focus back to, arrows and letters go on.
    await page.keyboard.press('ArrowUp')
    expect(await row('甲的第 58 句').evaluate((shown) => shown === document.activeElement)).toBe(true)
    await press('r')
    await composing().getByText('甲的第 58 句').waitFor()
    await page.keyboard.press('Escape')
    await to('甲的第 58 句')
    await press('e')
    await composing().getByText('編輯訊息').waitFor()
    await page.keyboard.press('Escape')
    await person.context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await to('甲的第 58 句')
    await press('c')
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()), SOON)
      .toContain('甲的第 58 句')
    await press('+')
    await dialog('表情回應').waitFor()
    await page.keyboard.press('Escape')
    await dialog('表情回應').waitFor({ state: 'detached' })
    await press('Space')
    await page.getByRole('region', { name: '選取訊息' }).waitFor()
    await page.keyboard.press('Escape')
    await box().waitFor()
    await to('甲的第 58 句')
    await press('Delete')
    await dialog('收回訊息？').getByRole('button', { name: '收回' }).click()
    await expect.poll(() => row('甲的第 58 句').count(), SOON).toBe(0)
    // The focus is still among the messages.
    expect(
      await page.evaluate(() => document.querySelector('.timeline')?.contains(document.activeElement)),
    ).toBe(true)
  })

  it('of all pages', async () => {
    const at = () => new URL(page.url()).pathname.split('/').at(-1)
    await box().focus()
    await press('Alt', '↓')
    await expect.poll(at, SOON).toBe(second)
    await press('Alt', '↑')
    await expect.poll(at, SOON).toBe(first)
    const { chatroom_id: unread } = (
      await me.call<{ chatroom_id: string; last_seq: number }[]>('GET', '/chatrooms')
    ).find(({ chatroom_id }) => ![first, second].includes(chatroom_id)) ?? { chatroom_id: '' }
    await friend.say(unread, '還在嗎')
    await page.getByText('還在嗎').first().waitFor()
    await press('Alt', 'Shift', '↑')
    await expect.poll(at, SOON).toBe(unread)
    await page.goto(`/chats/${second}`)
    await box().waitFor()
    await friend.say(unread, '喂')
    await page.getByText('喂').first().waitFor()
    await me.say(second, '最新的是這裡')
    await page.getByText('最新的是這裡').first().waitFor()
    await press('Alt', 'Shift', '↓')
    await expect.poll(at, SOON).toBe(unread)
    await press('Ctrl', 'k')
    await dialog('前往').waitFor()
    await page.keyboard.press('Escape')
    await box().focus()
    const region = () =>
      page.evaluate(() => document.activeElement?.closest('[data-region], .timeline, form')?.className)
    const from = await region()
    await press('F6')
    const to = await region()
    expect(to).not.toBe(from)
    await press('Shift', 'F6')
    expect(await region()).toBe(from)
  })

  it('are those that the help shows', async () => {
    await press('Ctrl', '/')
    const help = dialog('鍵盤快速鍵')
    await help.waitFor()
    await person.shot('24-shortcuts')
    const shown = await help
      .locator('dd')
      .evaluateAll((all) => all.map((dd) => [...dd.querySelectorAll('kbd')].map((kbd) => kbd.textContent)))
    // Keys that do the two directions of one thing stand together.
    const PAIRS = ['Page Up Page Down', 'Home End', '↑ ↓']
    const listed = shown.flatMap((keys) => (PAIRS.includes(keys.join(' ')) ? keys : [keys.join(' ')]))
    const lower = (all: Iterable<string>) => [...new Set([...all].map((keys) => keys.toLowerCase()))].sort()
    expect(lower(listed)).toEqual(lower(worked))
    person.expectNoErrors()
    await person.context.close()
  })
})

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiUser } from './api'
import { launch, leave, PASSWORD, Person, RUN, SOON } from './person'
import { converse } from './seed'

const me = { name: `小梅${RUN}` }

describe('the screens', () => {
  let browser: Browser
  let room = ''
  let group = ''
  let owner: ApiUser
  let friend: ApiUser
  let third: ApiUser

  beforeAll(async () => {
    browser = await launch()
    owner = await ApiUser.register(me.name)
    friend = await ApiUser.register(`阿凱${RUN}`)
    third = await ApiUser.register(`小安${RUN}`)
    room = await owner.befriend(friend)
    await owner.befriend(third)
    const made = await owner.call<{ chatroom_id: string }>('POST', '/chatrooms', {
      members_id: [friend.id, third.id],
      chatroom_name: '大學同學會',
    })
    group = made.chatroom_id
    await converse(owner, friend, room)
  })
  afterAll(() => browser.close())

  it('a phone goes from list to conversation and back', async () => {
    const person = await Person.open(browser, { viewport: { width: 360, height: 640 } })
    await person.page.goto('/login')
    await person.signIn(me.name)
    await person.page.getByRole('link', { name: /阿凱/ }).click()
    await person.page.getByPlaceholder('輸入訊息').waitFor()
    expect(await person.page.getByRole('navigation', { name: '主選單' }).isVisible()).toBe(false)
    await person.page.getByRole('link', { name: '回到聊天列表' }).click()
    await person.page.getByRole('navigation', { name: '主選單' }).waitFor()
    await person.context.close()
  })

  it('a phone opens the menu of a message by a long press, and a keyboard by its keys', async () => {
    const person = await Person.open(browser, { viewport: { width: 360, height: 640 }, hasTouch: true })
    await person.enter(me.name, room)
    const { page } = person
    const message = page.locator('[data-message]', { hasText: '我帶水和水果' }).first()
    const text = message.locator('.prose-chat')
    await text.scrollIntoViewIfNeeded()
    const { x, y } = (await text.boundingBox()) ?? { x: 0, y: 0 }
    const cdp = await person.context.newCDPSession(page)
    await cdp.send('Input.dispatchTouchEvent', {
      type: 'touchStart',
      touchPoints: [{ x: x + 20, y: y + 10 }],
    })
    const menu = page.getByRole('menu')
    await menu.waitFor()
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
    expect(await menu.isVisible()).toBe(true)
    await page.touchscreen.tap(180, 20)
    await menu.waitFor({ state: 'detached' })

    await message.getByRole('button', { name: '訊息選單' }).press('Enter')
    const focused = () => page.evaluate(() => document.activeElement?.textContent)
    expect(await focused()).toBe('回覆')
    await page.keyboard.press('End')
    expect(await focused()).toBe('只從我這裡刪除')
    await page.keyboard.press('Escape')
    await menu.waitFor({ state: 'detached' })
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('訊息選單')
    person.expectNoErrors()
    await person.context.close()
  })

  it('a keyboard skips to the content, and goes from message to message', async () => {
    const person = await Person.open(browser)
    await person.enter(me.name, room)
    const { page } = person
    const focused = (attribute: string) =>
      page.evaluate((name) => document.activeElement?.getAttribute(name), attribute)
    await page.locator('[data-message]', { hasText: '收到' }).last().waitFor()
    // No message is a tab stop, and the region of all is one.
    expect(await page.locator('[data-message] [tabindex="0"], [data-message][tabindex="0"]').count()).toBe(0)
    await page.locator('.timeline').focus()
    await page.keyboard.press('ArrowUp')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('收到')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('menu').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('[data-message]:focus, .timeline :focus').first().waitFor()
    await page.locator('.timeline').focus()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('r')
    await page.locator('[data-composing]').getByText('收到').waitFor()
    expect(await focused('placeholder')).toBe('輸入訊息')
    await page.keyboard.press('Escape')
    await page.locator('[data-composing]').waitFor({ state: 'detached' })

    await page.goto('/settings')
    await page.getByRole('link', { name: '外觀與語言' }).waitFor()
    await page.keyboard.press('Tab')
    const skip = page.getByRole('link', { name: '跳到主要內容' })
    expect(await skip.evaluate((link) => link === document.activeElement)).toBe(true)
    await page.keyboard.press('Enter')
    expect(await focused('id')).toBe('main')
    person.expectNoErrors()
    await person.context.close()
  })

  it('a group is made of several friends', async () => {
    const person = await Person.open(browser)
    await person.start(me.name)
    await person.page.getByRole('button', { name: '新聊天' }).click()
    await person.page.getByRole('checkbox', { name: friend.username }).check()
    await person.page.getByRole('checkbox', { name: third.username }).check()
    await person.page.getByLabel('群組名稱').fill('讀書會')
    await person.page.getByRole('button', { name: '建立群組（3 人）' }).click()
    await person.page.getByRole('heading', { name: '讀書會' }).waitFor()
    const group = new URL(person.page.url()).pathname.split('/').at(-1) ?? ''

    await person.say('大家好')
    await third.say(group, '哈囉')
    await friend.say(group, '嗨')
    await person.expectTexts(['大家好', '哈囉', '嗨'])
    const names = person.page.locator('[data-message] p.text-muted')
    expect(await names.allTextContents()).toEqual(
      [third.username, friend.username].map((name) => expect.stringContaining(name) as string),
    )
    await third.call('POST', `/chatrooms/${group}/read`, {})
    await expect.poll(() => person.page.locator('[data-state]').textContent(), SOON).toBe('已讀 2')
    person.expectNoErrors()
    await person.context.close()
  })

  it('Enter that belongs to the input method sends nothing', async () => {
    const person = await Person.open(browser)
    await person.start(me.name)
    await person.page.goto(`/chats/${room}`)
    const box = person.page.getByPlaceholder('輸入訊息')
    await box.click()
    await person.page.locator('[data-message]', { hasText: '收到' }).last().waitFor()
    const before = await person.page.locator('[data-message]').count()

    const cdp = await person.context.newCDPSession(person.page)
    const enter = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, nativeVirtualKeyCode: 13 }
    await cdp.send('Input.imeSetComposition', { text: '你好嗎', selectionStart: 3, selectionEnd: 3 })
    await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...enter })
    await cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', ...enter })
    await cdp.send('Input.insertText', { text: '你好嗎' })
    await expect.poll(() => box.inputValue(), SOON).toBe('你好嗎')
    expect(await person.page.locator('[data-waiting]').count()).toBe(0)
    expect(await person.page.locator('[data-message]').count()).toBe(before)

    await box.press('Enter')
    await expect.poll(() => person.page.locator('[data-message]').count(), SOON).toBe(before + 1)
    expect((await person.texts()).at(-1)).toBe('你好嗎')
    person.expectNoErrors()
    await person.context.close()
  })

  it('speaks the language one chooses, and keeps it', async () => {
    const person = await Person.open(browser, { viewport: { width: 360, height: 640 } })
    await person.page.goto('/login')
    for (const [locale, button] of [
      ['en', 'Sign in'],
      ['ja', 'ログイン'],
    ] as const) {
      await person.page.getByRole('combobox').selectOption(locale)
      await person.page.getByRole('button', { name: button }).waitFor()
      await person.expectNoSideScroll(`sign-in ${locale}`)
    }
    await person.page.reload()
    await person.page.getByRole('button', { name: 'ログイン' }).waitFor()
    expect(await person.page.locator('html').getAttribute('lang')).toBe('ja')
    person.expectNoErrors()
    await person.context.close()
  })

  it('a device is signed out from another, and all others by a new password', async () => {
    const changing = await ApiUser.register(`changing${RUN}`)
    const [here, there, third] = [
      await Person.open(browser),
      await Person.open(browser),
      await Person.open(browser),
    ]
    for (const person of [here, there, third]) {
      person.allow(/status of 40[13]/)
      await person.start(changing.username)
    }
    await here.page.goto('/settings/account')
    const devices = here.page.locator('[data-session]')
    // The one that registered by the API, and these three.
    await expect.poll(() => devices.count(), SOON).toBe(4)
    expect(await devices.first().textContent()).toContain('Chrome · Linux')
    expect(await devices.first().textContent()).toContain('這個裝置')
    await devices.nth(1).getByRole('button', { name: '登出' }).click()
    await expect.poll(() => devices.count(), SOON).toBe(3)

    const current = here.page.getByLabel('目前的密碼')
    const change = here.page.getByRole('button', { name: '變更密碼' })
    await here.page.getByLabel('新密碼').fill('春眠不覺曉處處聞')
    await current.fill('不對的密碼')
    await change.click()
    await here.page.getByText('密碼不正確', { exact: true }).waitFor()
    await current.fill(PASSWORD)
    await change.click()
    await here.page.getByText('密碼已變更').waitFor()
    await expect.poll(() => devices.count(), SOON).toBe(1)
    await Promise.all([there, third].map((person) => person.page.waitForURL(/\/login/)))
    for (const person of [here, there, third]) {
      person.expectNoErrors()
      await person.context.close()
    }
  })

  it('an account is deleted only with its password', async () => {
    const leaving = await ApiUser.register(`leaving${RUN}`)
    const person = await Person.open(browser)
    person.allow(/status of 40[13]/)
    await person.start(leaving.username)
    await person.page.goto('/settings/account')
    await person.page.getByRole('button', { name: '刪除帳號' }).click()
    const dialog = person.page.getByRole('dialog')
    const confirm = dialog.getByRole('button', { name: '刪除帳號' })
    expect(await confirm.isDisabled()).toBe(true)
    await dialog.getByLabel('輸入密碼以確認').fill('不對的密碼')
    await confirm.click()
    await person.page.getByText('密碼不正確', { exact: true }).waitFor()
    await person.page.getByRole('button', { name: '刪除帳號' }).click()
    await dialog.getByLabel('輸入密碼以確認').fill(PASSWORD)
    await confirm.click()
    await person.page.waitForURL(/\/login/)
    await person.signIn(leaving.username)
    await person.page.getByText('你的帳號已恢復').waitFor()
    await person.page.waitForURL('**/chats')
    person.expectNoErrors()
    await person.context.close()
  })

  it('a phone gives a long text three quarters of its width, in either kind of room', async () => {
    const person = await Person.open(browser, { viewport: { width: 360, height: 640 } })
    const [own, others] = [
      '好啊，我帶水和水果，你帶三明治，其他人帶自己想吃',
      '那就星期六早上九點在捷運站的出口集合，記得帶外套',
    ]
    await person.start(me.name)
    for (const shown of [room, group]) {
      await owner.say(shown, own)
      await friend.say(shown, others)
      await person.page.goto(`/chats/${shown}`)
      for (const text of [own, others]) {
        const row = person.page.locator('[data-message]', { hasText: text }).last()
        const bubble = await row.locator('.bubble').boundingBox()
        expect(bubble?.width).toBeCloseTo(0.75 * 360, 0)
        const time = await row.locator('time').boundingBox()
        expect((time?.x ?? 0) + (time?.width ?? 360)).toBeLessThan(360)
        expect(time?.x).toBeGreaterThan(0)
      }
      await person.shot(`bubble-360-${shown === group ? 'group' : 'two'}`)
    }
    await person.page.goto(`/chats/${room}`)
    // A short one is as wide as its words.
    const short = person.page.locator('.bubble', { hasText: /^收到$/ })
    expect((await short.boundingBox())?.height).toBeLessThan(44)
    await leave(person)
  })
})

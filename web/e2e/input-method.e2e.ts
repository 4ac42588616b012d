import type { Browser, CDPSession, Locator } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiUser } from './api'
import { launch, Person, RUN, SOON } from './person'

const TEXTS = ['你好嗎', 'こんにちは', '안녕하세요']
const ENTER = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, nativeVirtualKeyCode: 13 }

describe('W10 Enter that belongs to the input method', () => {
  let browser: Browser
  let person: Person
  let cdp: CDPSession
  let group = ''

  beforeAll(async () => {
    browser = await launch()
    const owner = await ApiUser.register(`小敏${RUN}`)
    const others = [await ApiUser.register(`阿文${RUN}`), await ApiUser.register(`阿武${RUN}`)]
    for (const other of others) await owner.befriend(other)
    const made = await owner.call<{ chatroom_id: string }>('POST', '/chatrooms', {
      members_id: others.map(({ id }) => id),
      chatroom_name: '讀書會',
    })
    group = made.chatroom_id
    person = await Person.open(browser)
    await person.enter(owner.username, group)
    cdp = await person.context.newCDPSession(person.page)
  })
  afterAll(() => browser.close())

  /** Composes a text as Chrome does: the confirming Enter comes before the end of the composition. */
  async function composeInChrome(field: Locator, text: string): Promise<void> {
    await field.focus()
    await cdp.send('Input.imeSetComposition', {
      text,
      selectionStart: text.length,
      selectionEnd: text.length,
    })
    await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...ENTER })
    await cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', ...ENTER })
    await cdp.send('Input.insertText', { text })
  }

  /** Composes a text as Safari does: the confirming Enter comes after it, with the code of the input method. */
  function composeInSafari(field: Locator, text: string): Promise<void> {
    return field.evaluate((element: HTMLInputElement | HTMLTextAreaElement, composed) => {
      const fire = (event: Event) => element.dispatchEvent(event)
      const options = { bubbles: true, cancelable: true }
      element.focus()
      fire(new CompositionEvent('compositionstart', options))
      element.value += composed
      fire(new InputEvent('input', { ...options, inputType: 'insertCompositionText', data: composed }))
      fire(new CompositionEvent('compositionend', { ...options, data: composed }))
      fire(new KeyboardEvent('keydown', { ...options, key: 'Enter', code: 'Enter', keyCode: 229 }))
    }, text)
  }

  const orders = { Chrome: composeInChrome, Safari: composeInSafari }
  const all = Object.keys(orders).flatMap((order) => TEXTS.map((text) => [order, text] as const))

  it.each(all)('sends no message, and the next Enter one: %s, %s', async (order, text) => {
    const field = person.page.getByPlaceholder('輸入訊息')
    const before = await person.texts()
    await orders[order as keyof typeof orders](field, text)
    await expect.poll(() => field.inputValue(), SOON).toBe(text)
    expect(await person.texts()).toEqual(before)
    await field.press('Enter')
    await person.expectTexts([...before, text])
  })

  it.each(all)(
    'chooses nothing in the search, and the next Enter goes there: %s, %s',
    async (order, text) => {
      const { page } = person
      const found = `/chats/${group}/m/`
      await page.keyboard.press('Control+k')
      const field = page.getByRole('combobox', { name: '搜尋聊天和訊息' })
      await orders[order as keyof typeof orders](field, text)
      await page.getByRole('option').filter({ hasText: text }).first().waitFor()
      expect(await field.inputValue()).toBe(text)
      await field.press('Enter')
      await page.waitForURL(`**${found}*`)
      await page.goto(`/chats/${group}`)
      await page.getByPlaceholder('輸入訊息').waitFor()
    },
  )

  it.each(all)('does not rename the group, and the next Enter does: %s, %s', async (order, text) => {
    const { page } = person
    await page.goto(`/chats/${group}?panel=info`)
    await page.getByRole('button', { name: '更改群組名稱' }).click()
    const field = page.getByLabel('群組名稱')
    await field.fill('')
    await orders[order as keyof typeof orders](field, text)
    await expect.poll(() => field.inputValue(), SOON).toBe(text)
    const name = `${text}${order}`
    await field.pressSequentially(order)
    await field.press('Enter')
    await page.getByRole('heading', { name: `${name} (3)` }).waitFor()
    // Each once, and nothing of what was composed.
    expect(await page.locator('[data-message]', { hasText: `命名為「${text}」` }).count()).toBe(0)
    expect(await page.locator('[data-message]', { hasText: `命名為「${name}」` }).count()).toBe(1)
  })

  it.each(all)('looks for nobody, and the next Enter does: %s, %s', async (order, text) => {
    const { page } = person
    let asked = 0
    page.on('request', (request) => (asked += request.url().includes('/friends/search') ? 1 : 0))
    await page.goto('/people/search')
    const field = page.getByLabel('電子郵件或使用者名稱')
    const before = asked
    await orders[order as keyof typeof orders](field, text)
    await expect.poll(() => field.inputValue(), SOON).toBe(text)
    expect(asked).toBe(before)
    person.allow(/status of 404/)
    await field.press('Enter')
    await page.getByText(`找不到「${text}」`).waitFor()
  })

  it('no errors were recorded', () => {
    person.expectNoErrors()
  })
})

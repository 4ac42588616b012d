import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiUser } from './api'
import { launch, leave, Person, RUN, SCREENS, SOON } from './person'
import { landscape } from './png'
import { expectKept } from './worker'

describe('what another app shares with the installed client', () => {
  let browser: Browser
  let owner: ApiUser
  let room = ''
  const names = { owner: `小雲${RUN}`, other: `阿峰${RUN}` }

  beforeAll(async () => {
    browser = await launch()
    owner = await ApiUser.register(names.owner)
    room = await owner.befriend(await ApiUser.register(names.other))
    await owner.befriend(await ApiUser.register(`阿谷${RUN}`))
    await owner.say(room, '早安')
  })
  afterAll(() => browser.close())

  /** Opens a room with the service worker at work. */
  async function enter(options: Parameters<typeof Person.open>[1] = {}): Promise<Person> {
    const person = await Person.open(browser, options)
    await person.enter(names.owner, room)
    const { last_seq } = await owner.call<{ last_seq: number }>('GET', `/chatrooms/${room}`)
    await expectKept(person.page, room, last_seq)
    return person
  }

  /** Posts a form as the browser does for an app that shares something. */
  async function share({ page }: Person, fields: Record<string, string>, picture?: Buffer): Promise<void> {
    await page.evaluate(
      ([fields, bytes]) => {
        const form = document.createElement('form')
        Object.assign(form, { method: 'POST', action: '/share', enctype: 'multipart/form-data' })
        for (const [name, value] of Object.entries(fields)) {
          form.append(Object.assign(document.createElement('input'), { name, value }))
        }
        const chosen = new DataTransfer()
        if (bytes) chosen.items.add(new File([new Uint8Array(bytes)], '風景.png', { type: 'image/png' }))
        const input = Object.assign(document.createElement('input'), { type: 'file', name: 'files' })
        input.files = chosen.files
        form.append(input)
        document.body.append(form)
        form.submit()
      },
      [fields, picture ? [...picture] : null] as const,
    )
  }

  it.each(SCREENS)('W24 waits in the composer of the chat that one chooses: %s', async (tag, options) => {
    const person = await enter(options)
    const { page } = person
    await page.getByPlaceholder('輸入訊息').fill('還有這個')
    await share(
      person,
      { title: '陽明山', text: '陽明山的路線', url: 'https://example.tw/a' },
      landscape(320, 200),
    )
    await page.waitForURL(/\/share$/)
    const shared = page.locator('[data-share]')
    await shared.getByText('陽明山的路線').waitFor()
    await expect
      .poll(() => shared.locator('img').evaluate((img: HTMLImageElement) => img.naturalWidth), SOON)
      .toBe(320)
    await person.expectNoSideScroll(tag)
    await person.shot(`18-share-${tag}`)
    await page.getByRole('main').getByLabel('搜尋聊天').fill(names.other)
    await page.getByRole('main').getByRole('button', { name: names.other }).click()
    await page.waitForURL(`**/chats/${room}`)
    const box = page.getByPlaceholder('輸入訊息')
    expect(await box.inputValue()).toBe('還有這個\n陽明山的路線\nhttps://example.tw/a')
    await page.getByRole('button', { name: '移除 風景.png' }).waitFor()
    await page.getByRole('button', { name: '傳送', exact: true }).click()
    await expect.poll(() => page.locator('[data-waiting]').count(), SOON).toBe(0)
    const sent = page.locator('[data-message]', { hasText: '還有這個' }).last()
    await sent.locator('img').waitFor()
    // It was taken: another look finds nothing.
    await share(person, {})
    await page.getByText('沒有可以分享的內容').waitFor()
    await leave(person)
  })

  it('is kept while one signs in', async () => {
    const person = await enter()
    const { page } = person
    person.allow(/status of 401/)
    await person.context.clearCookies()
    await share(person, { text: '登入後再傳' })
    await page.waitForURL(/\/login\?return=/)
    await person.signIn(names.owner)
    await page.locator('[data-share]').getByText('登入後再傳').waitFor()
    await leave(person)
  })
})

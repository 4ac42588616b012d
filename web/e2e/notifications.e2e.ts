import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiUser } from './api'
import { Gateway } from './gateway'
import { launch, Person, RUN, SOON } from './person'
import { landscape } from './png'
import { expectKept, expectNotifications, notifications, PushService } from './worker'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

/** Lets another page be in front of these, as if the user looked at something else. */
async function leave(...pages: Page[]): Promise<Page> {
  const front = await (pages[0] as Page).context().newPage()
  // Playwright makes each page believe that it is in front.
  for (const page of pages) await believeInFront(page, false)
  await front.bringToFront()
  for (const page of pages)
    await expect.poll(() => page.evaluate(() => document.hasFocus()), SOON).toBe(false)
  return front
}

async function believeInFront(page: Page, enabled: boolean): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setFocusEmulationEnabled', { enabled })
}

describe('notifications', () => {
  let person: Person
  let owner: ApiUser
  let writer: ApiUser
  let service: PushService
  let front: Page
  let room = ''
  const names = { owner: `小雲${RUN}`, writer: `阿風${RUN}` }

  beforeAll(async () => {
    owner = await ApiUser.register(names.owner)
    writer = await ApiUser.register(names.writer)
    room = await owner.befriend(writer)
    await writer.say(room, '之前說的')
    person = await Person.open(browser, { permissions: ['notifications'] })
    person.allow(/does not support the Push API in incognito mode/)
    await person.enter(names.owner, room)
    await expectKept(person.page, room, 1)
    service = await PushService.of(person.page)
  })
  afterAll(() => person.context.close())

  const here = () => person.page.getByLabel('在這個瀏覽器顯示通知')
  const push = (seq: number, over: object = {}) =>
    service.push({
      type: 'message',
      chatroom_id: room,
      message_id: 1000 + seq,
      seq,
      tag: `message-${1000 + seq}`,
      sender_id: writer.id,
      sender_name: names.writer,
      chatroom_name: null,
      message_type: 'text',
      content: `推播 ${seq}`,
      ...over,
    })

  it('are switched on in the settings, which say what this browser can do', async () => {
    const { page } = person
    await page.goto('/settings/notifications')
    await page.getByLabel('在通知中顯示訊息內容').waitFor()
    expect(await here().isChecked()).toBe(false)
    await here().check()
    // The browser of the tests has no push service.
    await page.getByText('只有這個網頁開著時才會通知').waitFor()
    await person.shot('notifications')
    await page.reload()
    expect(await here().isChecked()).toBe(true)
  })

  it('tell of a message while another page is in front, one for a room and all tabs', async () => {
    const { page } = person
    const second = await person.context.newPage()
    for (const each of [page, second]) {
      await each.goto('/people/friends')
      await each.getByText(names.writer).first().waitFor()
    }
    front = await leave(page, second)
    await writer.say(room, '第一則')
    await expectNotifications(page, [names.writer, '第一則'])
    const id = await writer.say(room, '第二則')
    await expectNotifications(page, [names.writer, '第二則'])
    expect(await page.title()).toBe('(2) Chatroom')
    await writer.unsend(room, id)
    await expectNotifications(page)
    await second.close()
  })

  it('say nothing of what is said, if the user wants that', async () => {
    const { page } = person
    await owner.call('PATCH', '/user/me/settings', { push_preview: false })
    await expect
      .poll(async () => {
        const id = await writer.say(room, '不要顯示')
        await expect.poll(async () => (await notifications(page)).length, SOON).toBe(1)
        const shown = await notifications(page)
        await writer.unsend(room, id)
        await expectNotifications(page)
        return shown
      }, SOON)
      .toEqual([['Chatroom', '有新訊息']])
    await owner.call('PATCH', '/user/me/settings', { push_preview: true })
  })

  it('are closed when the room is read on another device', async () => {
    await writer.say(room, '在別處看')
    await expect.poll(async () => (await notifications(person.page)).length, SOON).toBe(1)
    await owner.read(room)
    await expectNotifications(person.page)
  })

  it('come from a push, in the language of the user, and are taken back with what was unsent', async () => {
    const { page } = person
    await push(100)
    await expectNotifications(page, [names.writer, '推播 100'])
    // An older one that comes late changes nothing, and neither does the same one again.
    await push(99)
    await push(100)
    await push(101, { message_type: 'image', content: '', chatroom_name: '登山社' })
    await expectNotifications(page, ['登山社', `${names.writer}: [圖片]`])
    await push(101, { type: 'unsent' })
    await expectNotifications(page)
    await service.push({
      type: 'message',
      chatroom_id: room,
      message_id: 1102,
      seq: 102,
      tag: 'message-1102',
    })
    await expectNotifications(page, ['Chatroom', '有新訊息'])
  })

  it('open their room in the page that is there', async () => {
    const { page } = person
    const [worker] = person.context.serviceWorkers()
    await worker?.evaluate(`(async () => {
      const [notification] = await self.registration.getNotifications()
      self.dispatchEvent(new NotificationEvent('notificationclick', { notification }))
    })()`)
    await page.waitForURL(`**/chats/${room}`)
    await expectNotifications(page)
  })

  it('are not shown of a room that is in front', async () => {
    const { page } = person
    await front.close()
    await page.bringToFront()
    await believeInFront(page, true)
    await expect.poll(() => page.evaluate(() => document.hasFocus()), SOON).toBe(true)
    await push(200)
    await writer.say(room, '你正在看')
    await page.getByText('你正在看').first().waitFor()
    // The worker takes one after another: of another room there is one, of this one none.
    await push(1, {
      chatroom_id: '01935b6e-0000-7000-8000-000000000001',
      sender_name: '別人',
      content: '哈囉',
    })
    await expectNotifications(page, ['別人', '哈囉'])
  })

  it('are switched off again', async () => {
    const { page } = person
    await page.goto('/settings/notifications')
    await here().uncheck()
    await page.reload()
    await page.getByLabel('在通知中顯示訊息內容').waitFor()
    expect(await here().isChecked()).toBe(false)
    person.expectNoErrors()
  })
})

describe('notifications that the browser forbids', () => {
  it('say so', async () => {
    const owner = await ApiUser.register(`小霧${RUN}`)
    const person = await Person.open(browser, { permissions: [] })
    await person.start(owner.username)
    const session = await browser.newBrowserCDPSession()
    await session.send('Browser.setPermission', {
      permission: { name: 'notifications' },
      setting: 'denied',
      origin: new URL(person.page.url()).origin,
    })
    await person.page.goto('/settings/notifications')
    await person.page.getByText('你已在瀏覽器封鎖這個網站的通知').waitFor()
    expect(await person.page.getByLabel('在這個瀏覽器顯示通知').isDisabled()).toBe(true)
    person.expectNoErrors()
    await person.context.close()
  })
})

describe('a new version of the client', () => {
  const web = mkdtempSync(join(tmpdir(), 'chatroom-web-'))
  let gateway: Gateway
  beforeAll(async () => {
    cpSync(fileURLToPath(new URL('../dist', import.meta.url)), web, { recursive: true })
    gateway = await Gateway.start({ WEB_DIR: web })
  })
  afterAll(async () => {
    await gateway.clear()
    rmSync(web, { recursive: true, force: true })
  })

  /** Puts another build where the server reads it. */
  function publish(name: string): void {
    const path = join(web, 'sw.js')
    const script = readFileSync(path, 'utf8')
    const next = script.replace(/shell-(\w+-)?(?=[0-9a-f]{16})/g, `shell-${name}-`)
    expect(next).not.toBe(script)
    for (const ending of ['', '.br', '.gz']) rmSync(path + ending, { force: true })
    writeFileSync(path, next)
  }

  it('waits until the user takes it, in all tabs', async () => {
    const owner = await ApiUser.register('小晴', undefined, gateway.url)
    const room = await owner.befriend(await ApiUser.register('阿朗', undefined, gateway.url))
    await owner.say(room, '早安')
    const person = await Person.open(browser, { baseURL: gateway.url })
    const { page } = person
    await person.enter('小晴', room)
    await expectKept(page, room, 1)
    const second = await person.context.newPage()
    await second.goto('/people/friends')
    await second.getByText('阿朗').first().waitFor()
    publish('next')
    await page.reload()
    const notice = page.getByText('有新版本可以使用')
    await notice.waitFor()
    await person.shot('update')
    const caches = () => page.evaluate(() => window.caches.keys())
    expect((await caches()).some((name) => /^shell-(?!next)/.test(name))).toBe(true)
    const loaded = page.waitForEvent('load')
    await page.getByRole('button', { name: '重新載入' }).click()
    await loaded
    await page.getByPlaceholder('輸入訊息').waitFor()
    await expect
      .poll(async () => (await caches()).filter((name) => /^shell-(?!next)/.test(name)), SOON)
      .toEqual([])
    expect(await notice.count()).toBe(0)
    // The other tab still shows the version before, and says so.
    await second.getByText('有新版本可以使用').waitFor()
    person.expectNoErrors()
    await person.context.close()
  })

  it('waits for a file that is on its way, which is sent once', async () => {
    const owner = await ApiUser.register('小霧', undefined, gateway.url)
    const room = await owner.befriend(await ApiUser.register('阿晨', undefined, gateway.url))
    await owner.say(room, '早安')
    const person = await Person.open(browser, { baseURL: gateway.url })
    const { page } = person
    await person.enter('小霧', room)
    await expectKept(page, room, 1)
    publish('later')
    await page.reload()
    await page.getByText('有新版本可以使用').waitFor()
    let release: (() => void) | undefined
    const released = new Promise<void>((resolve) => (release = resolve))
    await page.route('**/upload/upload-message-file', async (route) => {
      await released
      await route.continue()
    })
    const picture = { name: '風景.png', mimeType: 'image/png', buffer: landscape(320, 200) }
    await page.locator('input[type=file]').setInputFiles(picture)
    await person.say('路上的風景')
    const uploading = page.locator('[data-waiting=uploading]')
    await uploading.waitFor()
    await page.getByRole('button', { name: '重新載入' }).click()
    await page.getByText('檔案傳完後就會重新載入').waitFor()
    const waits = () =>
      page.evaluate(async () => Boolean((await navigator.serviceWorker.getRegistration())?.waiting))
    expect([await waits(), await uploading.count()]).toEqual([true, 1])
    const loaded = page.waitForEvent('load')
    release?.()
    await loaded
    await person.expectTexts(['早安', '路上的風景'])
    expect(await waits()).toBe(false)
    person.expectNoErrors()
    await person.context.close()
  })
})

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiUser } from './api'
import { CONNECTING, launch, leave, OFFLINE, Person, RUN, SOON } from './person'
import { face, landscape } from './png'
import { expectKept, keptPictures, resize, stored } from './worker'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

describe('a user without a network', () => {
  let person: Person
  let owner: ApiUser
  let writer: ApiUser
  let room = ''
  let unvisited = ''
  const names = { owner: `小湖${RUN}`, writer: `阿海${RUN}`, other: `小河${RUN}` }
  const said = ['早安', '今天去哪裡？', '去海邊']

  beforeAll(async () => {
    owner = await ApiUser.register(names.owner, `lake.${RUN}@example.tw`)
    writer = await ApiUser.register(names.writer)
    room = await owner.befriend(writer)
    unvisited = await owner.befriend(await ApiUser.register(names.other))
    await writer.setAvatar(face(96, [29, 111, 184]))
    for (const text of said) await writer.say(room, text)
    person = await Person.open(browser)
    // Without a network the browser logs failed requests.
    person.allow(OFFLINE)
    person.allow(CONNECTING)
    await person.enter(names.owner, room)
    await expectKept(person.page, room, said.length)
  })

  const waiting = () => person.page.locator('[data-waiting]')

  it('has a service worker that keeps the client, and nothing of the API', async () => {
    const kept = await person.page.evaluate(async () => {
      const names = await caches.keys()
      const files = await Promise.all(
        names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => new URL(url))),
      )
      return files.flat().map(({ pathname, search }) => pathname + search)
    })
    expect(kept).toContain('/index.html')
    expect(
      kept.filter((path) => !/^\/(assets|static)\/|^\/[\w-]+\.(html|svg|js|webmanifest)$/.test(path)),
    ).toEqual([])
  })

  it('reloads, and sees the list, the room and its pictures as they were', async () => {
    const { page } = person
    const picture = page.locator('header img').first()
    const loaded = () => picture.evaluate((img: HTMLImageElement) => img.naturalWidth > 0)
    await expect.poll(loaded, SOON).toBe(true)
    await person.context.setOffline(true)
    await page.reload()
    await expect.poll(() => person.texts(), SOON).toEqual(said)
    await page.locator(`nav a[href="/chats/${unvisited}"]`).waitFor()
    await expect.poll(loaded, SOON).toBe(true)
    await page.getByText('沒有網路連線').waitFor()
    await person.shot('offline-room')
  })

  it('is shown friends and the own profile, and that a room never opened needs a network', async () => {
    const { page } = person
    await page.goto('/people/friends')
    await page.getByText(names.other).first().waitFor()
    await page.goto('/settings/profile')
    await expect.poll(() => page.getByLabel('暱稱').count(), SOON).toBe(1)
    await page.goto(`/chats/${unvisited}`)
    await page.getByText('這裡需要網路連線').waitFor()
    await person.shot('offline-unvisited')
    await page.goto('/chats/01935b6e-0000-7000-8000-000000000001')
    await page.getByText('連上網路後會自動載入。').waitFor()
    await person.shot('offline-unknown')
  })

  it('sends five messages, which wait over a reload, and are each delivered once and in order', async () => {
    const { page } = person
    await page.goto(`/chats/${room}`)
    await expect.poll(() => person.texts(), SOON).toEqual(said)
    const texts = ['一', '二', '三', '四', '五'].map((n) => `沒網路時的第${n}則`)
    for (const text of texts) await person.say(text)
    await expect.poll(() => waiting().count(), SOON).toBe(5)
    await page.reload()
    await expect.poll(() => person.texts(), SOON).toEqual([...said, ...texts])
    const states = () => waiting().evaluateAll((rows) => rows.map((row) => row.getAttribute('data-waiting')))
    await expect.poll(states, SOON).toEqual(texts.map(() => 'queued'))
    await expect.poll(() => page.getByText('等待網路連線').count(), SOON).toBe(5)
    expect(await page.getByText('傳送中').count()).toBe(0)
    await person.shot('offline-waiting')

    await person.context.setOffline(false)
    said.push(...texts)
    await person.expectTexts(said)
    const found = await owner.call<{ content: string }[]>('GET', `/chatrooms/${room}/messages?limit=50`)
    expect(found.map(({ content }) => content).filter((content) => texts.includes(content))).toEqual(texts)
    const shown = page.locator('[data-message] [data-state]')
    await expect.poll(async () => (await shown.allTextContents()).slice(-1), SOON).toEqual(['已送出'])
  })

  it('is shown what changed meanwhile, as soon as there is a network', async () => {
    const { page } = person
    await expectKept(page, room, said.length)
    await person.context.setOffline(true)
    const [first] = await owner.call<{ message_id: number }[]>('GET', `/chatrooms/${room}/messages?limit=50`)
    await writer.edit(room, first?.message_id ?? 0, '早安，改過的')
    await writer.say(room, '你不在時說的')
    await page.reload()
    await expect.poll(() => person.texts(), SOON).toEqual(said)
    await person.context.setOffline(false)
    said[0] = '早安，改過的'
    said.push('你不在時說的')
    await person.expectTexts(said)
  })

  it('starts online with what is kept, and then loads what is new alone', async () => {
    const { page } = person
    await expectKept(page, room, said.length)
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await page.reload()
    await person.expectTexts(said)
    await expect.poll(() => asked, SOON).toContain('/sync')
    expect(asked.filter((path) => path === '/chatrooms' || path.endsWith('/messages'))).toEqual([])
  })

  it('leaves nothing behind after signing out', async () => {
    const { page } = person
    person.expectNoErrors()
    await person.signOut()
    await expect.poll(() => stored(page), SOON).toEqual({ caches: [], databases: [], workers: 0, keys: [] })
    await page.goto(`/chats/${room}`)
    await page.waitForURL('**/login?return=**')
    expect(await page.locator('body').textContent()).not.toContain(names.writer)
    person.expectNoErrors()
    await person.context.close()
  })
})

describe('pictures for when there is no network', () => {
  it('are 200 MB at most: those that were not shown for the longest time go first', async () => {
    const name = `小港${RUN}`
    const owner = await ApiUser.register(name)
    const writer = await ApiUser.register(`阿舟${RUN}`)
    const room = await owner.befriend(writer)
    await owner.say(room, '給我看看')
    const person = await Person.open(browser)
    const { page } = person
    await person.enter(name, room)
    await expectKept(page, room, 1)
    const sizes = async () => (await keptPictures(page)).map(({ size }) => size)
    async function show(caption: string): Promise<void> {
      await writer.sendPicture(room, landscape(320, 200), caption)
      await page.locator('[data-message]', { hasText: caption }).locator('img').waitFor()
    }
    await show('甲')
    await expect.poll(async () => (await sizes()).length, SOON).toBe(1)
    await show('乙')
    await expect.poll(async () => (await sizes()).length, SOON).toBe(2)
    const [first, second] = (await keptPictures(page)).map(({ path }) => path) as [string, string]
    const MB = 1024 * 1024
    await resize(page, first, 150 * MB)
    await resize(page, second, 49 * MB)
    await show('丙')
    await expect.poll(async () => (await sizes()).length, SOON).toBe(3)
    expect((await sizes()).slice(0, 2)).toEqual([150 * MB, 49 * MB])
    await resize(page, second, 50 * MB)
    await show('丁')
    await expect.poll(async () => (await sizes())[0], SOON).toBe(50 * MB)
    await expect.poll(async () => (await sizes()).length, SOON).toBe(3)
    await leave(person)
  })
})

describe('the database of the version before', () => {
  it('is taken over, and what waits in it is sent', async () => {
    const name = `小舟${RUN}`
    const owner = await ApiUser.register(name)
    const room = await owner.befriend(await ApiUser.register(`阿港${RUN}`))
    const person = await Person.open(browser)
    const { page } = person
    await page.goto('/login')
    await page.evaluate(
      ([user, room]) =>
        new Promise<void>((resolve, reject) => {
          const opening = indexedDB.open('chatroom', 1)
          opening.onerror = () => reject(new Error('there is a newer database'))
          opening.onupgradeneeded = () => {
            const file = new File(['會議紀錄'], '紀錄.txt', { type: 'text/plain' })
            const id = crypto.randomUUID()
            const store = opening.result.createObjectStore('outbox')
            const content = { id, room, text: '上次沒送出的', reply: null, mentions: [] }
            const attachment = { file, kind: 'file', width: null, height: null, preview: '' }
            const progress = { uploaded: null, createdAt: 1, state: 'queued', progress: 0, attempts: 0 }
            const entry = { ...content, ...progress, file: attachment, notBefore: 0, error: null }
            store.put(entry, `outbox.${user}.${id}`)
          }
          opening.onsuccess = () => {
            opening.result.close()
            resolve()
          }
        }),
      [owner.id, room] as const,
    )
    await person.signIn(name)
    await page.waitForURL('**/chats')
    await page.goto(`/chats/${room}`)
    await person.expectTexts(['上次沒送出的'])
    await page.locator('[data-message]').getByText('紀錄.txt').waitFor()
    await expectKept(page, room, 1)
    await leave(person)
  })
})

describe('a session that ended elsewhere', () => {
  it('leaves nothing but what was not sent', async () => {
    const name = `小溪${RUN}`
    const owner = await ApiUser.register(name)
    const room = await owner.befriend(await ApiUser.register(`阿泉${RUN}`))
    await owner.say(room, '之前說的')
    const person = await Person.open(browser)
    person.allow(OFFLINE)
    person.allow(/status of 401/)
    await person.enter(name, room)
    await expectKept(person.page, room, 1)
    await person.context.setOffline(true)
    await person.page.reload()
    await person.say('還沒送出')
    await owner.call('POST', '/auth/logout', { all: true })
    await person.context.setOffline(false)
    await person.page.waitForURL(/\/login\?return=/)
    const left = await stored(person.page)
    expect([left.caches, left.workers]).toEqual([[], 0])
    expect(left.keys.filter((key) => !key.includes('outbox'))).toEqual([])
    await person.signIn(name)
    await person.expectTexts(['之前說的', '還沒送出'])
    person.expectNoErrors()
    await person.context.close()
  })
})

describe('two tabs of a user', () => {
  it('agree: a message is sent once, and drafts, what was read and the end of the session are the same', async () => {
    const [name, other] = [`小島${RUN}`, `阿岸${RUN}`]
    const owner = await ApiUser.register(name)
    const writer = await ApiUser.register(other)
    const room = await owner.befriend(writer)
    await writer.say(room, '在嗎')
    const person = await Person.open(browser)
    person.allow(OFFLINE)
    // The session ends while the page that was loaded last connects.
    person.allow(/status of 401/)
    person.allow(CONNECTING)
    await person.enter(name, room)
    await expectKept(person.page, room, 1)
    const second = await person.context.newPage()
    await second.goto('/people/friends')
    const link = second.locator('nav a[href="/chats"]')
    await link.waitFor()

    await person.context.setOffline(true)
    await person.say('只送一次')
    await person.page.reload()
    await second.reload()
    await person.context.setOffline(false)
    await person.expectTexts(['在嗎', '只送一次'])
    const messages = await owner.call<unknown[]>('GET', `/chatrooms/${room}/messages?limit=50`)
    expect(messages).toHaveLength(2)

    await second.goto(`/chats/${room}`)
    const box = second.getByPlaceholder('輸入訊息')
    await person.page.getByPlaceholder('輸入訊息').fill('寫到一半')
    await expect.poll(() => box.inputValue(), SOON).toBe('寫到一半')

    await second.goto('/people/friends')
    await person.page.bringToFront()
    await writer.say(room, '看到了嗎')
    await person.expectTexts(['在嗎', '只送一次', '看到了嗎'])
    await expect.poll(() => second.title(), SOON).toBe('Chatroom')

    await person.signOut()
    await second.waitForURL(/\/login/)
    await expect.poll(() => stored(second), SOON).toEqual({ caches: [], databases: [], workers: 0, keys: [] })
    person.expectNoErrors()
    await person.context.close()
  })
})

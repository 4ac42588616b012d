import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiUser } from './api'
import { Gateway } from './gateway'
import { launch, OFFLINE, Person, RUN, SOON } from './person'

const BANNER = /沒有網路連線|連線中斷，正在重新連線…/

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

describe('a user who is away for a while', () => {
  let reader: Person
  let owner: ApiUser
  let writer: ApiUser
  let room = ''
  const names = { reader: `小雨${RUN}`, writer: `阿德${RUN}` }
  const ids: number[] = []
  const asked: string[] = []

  beforeAll(async () => {
    owner = await ApiUser.register(names.reader)
    writer = await ApiUser.register(names.writer)
    room = await owner.befriend(writer)
    for (const text of ['早安', '要改的', '要收回的', '要隱藏的', '最後一則'])
      ids.push(await writer.say(room, text))
    ids.push(await owner.say(room, '我說的'))
    reader = await Person.open(browser)
    reader.allow(OFFLINE)
    await reader.enter(names.reader, room)
    await row(ids.at(-1)).waitFor()
    reader.page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  })

  const row = (id: number | undefined) => reader.page.locator(`[data-message="${id}"]`)
  const listed = () => reader.page.locator('nav a[aria-current="page"]')

  /** What was loaded anew of rooms. The room alone is asked for once, whether the other has read what they answer. */
  const loaded = () =>
    asked.filter(
      (path) => path.startsWith('/chatrooms') && !path.endsWith('/read') && path !== `/chatrooms/${room}`,
    )

  async function offline(): Promise<void> {
    await reader.context.setOffline(true)
    await reader.page.getByText(BANNER).waitFor()
    asked.length = 0
  }

  async function online(): Promise<void> {
    await reader.context.setOffline(false)
    await reader.page.getByText(BANNER).waitFor({ state: 'detached' })
  }

  it('receives what was missed by replay, without loading anything anew', async () => {
    await offline()
    const [first, edited, unsent, hidden, , own] = ids as [number, number, number, number, number, number]
    await writer.edit(room, edited, '改過的')
    await writer.unsend(room, unsent)
    await owner.hide(room, hidden)
    await writer.react(room, own, '👍')
    await writer.react(room, own, '🎉')
    await owner.react(room, first, '👍')
    ids.push(await writer.say(room, '你不在時說的', edited))
    ids.push(await owner.say(room, '在另一台裝置說的'))
    ids.push(await writer.say(room, '引用被隱藏的', hidden))
    await writer.rename('阿德師傅')

    await online()
    await reader.expectTexts([
      '早安',
      '改過的',
      '最後一則',
      '我說的',
      '你不在時說的',
      '在另一台裝置說的',
      '引用被隱藏的',
    ])
    await row(edited).getByText('已編輯').waitFor()
    await row(unsent).getByText('阿德師傅已收回訊息').waitFor()
    expect(await row(hidden).count()).toBe(0)
    const chips = (id: number) =>
      row(id)
        .locator('[data-reaction]')
        .evaluateAll((all) => all.map((each) => each.textContent.replace(/\s+/g, ' ').trim()))
    expect(await chips(own)).toEqual(['👍1👍：阿德師傅', '🎉1🎉：阿德師傅'])
    expect(await chips(first)).toEqual(['👍1👍：你'])
    expect(await row(ids[6]).locator('[data-quote]').textContent()).toContain('改過的')
    expect(await row(ids[8]).locator('[data-quote]').textContent()).toContain('原訊息已無法顯示')
    await listed().getByText('引用被隱藏的').waitFor()
    await reader.page.getByRole('heading', { name: '阿德師傅' }).waitFor()
    expect(loaded()).toEqual([])
    await reader.shot('10-away')
  })

  it('receives the same events live', async () => {
    const last = await writer.say(room, '寫錯了', ids[0])
    await listed().getByText('寫錯了').waitFor()
    await writer.edit(room, last, '寫對了')
    await listed().getByText('寫對了').waitFor()
    await row(last).getByText('已編輯').waitFor()
    await writer.edit(room, ids[0] ?? 0, '早安呀')
    await expect.poll(() => row(last).locator('[data-quote]').textContent(), SOON).toContain('早安呀')
    await row(last)
      .getByRole('button', { name: /跳到原訊息，阿德師傅：早安呀/ })
      .click()
    await expect.poll(() => row(ids[0]).getAttribute('class'), SOON).toContain('animate-found')
    await writer.unsend(room, last)
    await row(last).getByText('阿德師傅已收回訊息').waitFor()
    await listed().getByText('阿德師傅已收回訊息').waitFor()
    await owner.hide(room, last)
    await expect.poll(() => row(last).count(), SOON).toBe(0)
    await listed().getByText('引用被隱藏的').waitFor()
  })

  it('fetches the event log page by page when much was missed', async () => {
    const before = await reader.texts()
    await offline()
    for (let n = 1; n <= 510; n += 1) await writer.say(room, `第 ${n} 句`)
    await writer.edit(room, ids[4] ?? 0, '最後一則？不是')
    await online()
    await expect.poll(async () => (await reader.texts()).at(-1), SOON).toBe('第 510 句')
    const texts = await reader.texts()
    const said = texts.filter((text) => text.startsWith('第 '))
    expect(said).toEqual(Array.from({ length: said.length }, (_, n) => `第 ${n + 511 - said.length} 句`))
    expect(asked.filter((path) => path === '/sync').length).toBeGreaterThanOrEqual(2)
    expect(loaded()).toEqual([])
    expect(before).toContain('最後一則')
    reader.expectNoErrors()
    await reader.context.close()
  })
})

describe('a group', () => {
  it('shows receipts as members read', async () => {
    const [owner, second, third] = (await Promise.all(
      ['小青', '小藍', '小紫'].map((name) => ApiUser.register(name + RUN)),
    )) as [ApiUser, ApiUser, ApiUser]
    await owner.befriend(second)
    await owner.befriend(third)
    const { chatroom_id: group } = await owner.call<{ chatroom_id: string }>('POST', '/chatrooms/', {
      members_id: [second.id, third.id],
      chatroom_name: '合唱團',
    })
    const person = await Person.open(browser)
    await person.enter(owner.username, group)
    await person.say('今晚練唱')
    await person.expectTexts(['今晚練唱'])
    const state = () => person.page.locator('[data-state]').last().textContent()
    expect(await state()).toBe('已送出')
    await second.read(group)
    await expect.poll(state, SOON).toBe('已讀 1')
    const id = await third.say(group, '好')
    await expect.poll(state, SOON).toBe('已讀 2')
    await second.react(group, id, '👏')
    await owner.react(group, id, '👏')
    const chip = person.page.locator('[data-reaction="👏"]')
    await expect.poll(() => chip.getAttribute('title'), SOON).toMatch(/小藍.*你|你.*小藍/)
    person.expectNoErrors()
    await person.context.close()
  })
})

describe('a group that is left', () => {
  it('goes from the list on every device, after a question', async () => {
    const names = ['小松', '小竹', '小梅'].map((name) => name + RUN)
    const [owner, second, third] = (await Promise.all(names.map((name) => ApiUser.register(name)))) as [
      ApiUser,
      ApiUser,
      ApiUser,
    ]
    await owner.befriend(second)
    await owner.befriend(third)
    const { chatroom_id: group } = await owner.call<{ chatroom_id: string }>('POST', '/chatrooms/', {
      members_id: [second.id, third.id],
      chatroom_name: '歲寒三友',
    })
    const [here, there] = [await Person.open(browser), await Person.open(browser)]
    await here.enter(second.username, group)
    await there.enter(second.username, group)
    const listed = (person: Person) => person.page.locator(`nav a[href="/chats/${group}"]`)
    await here.page.locator('header').getByRole('button', { name: '歲寒三友 的選單' }).click()
    const leave = here.page.getByRole('menuitem', { name: '離開群組' })
    await leave.click()
    const dialog = here.page.getByRole('dialog', { name: '離開「歲寒三友」？' })
    await dialog.getByRole('button', { name: '取消' }).click()
    expect(await listed(here).count()).toBe(1)
    await here.page.locator('header').getByRole('button', { name: '歲寒三友 的選單' }).click()
    await leave.click()
    await here.shot('11-leave')
    await dialog.getByRole('button', { name: '離開群組' }).click()
    await here.page.waitForURL('**/chats')
    for (const person of [here, there]) await expect.poll(() => listed(person).count(), SOON).toBe(0)
    await there.page.getByText('找不到這個聊天室').waitFor()
    await owner.say(group, '他不在了')
    await here.page.reload()
    await here.page.getByText('還沒有聊天').or(here.page.locator('nav a[href^="/chats/"]').first()).waitFor()
    expect(await listed(here).count()).toBe(0)
    for (const person of [here, there]) {
      person.expectNoErrors()
      await person.context.close()
    }
  })
})

describe('a server that restarts', () => {
  let gateway: Gateway
  let reader: Person
  let writer: ApiUser
  let room = ''
  const said = ['之前']

  beforeAll(async () => {
    gateway = await Gateway.start()
    const owner = await ApiUser.register('小雪', undefined, gateway.url)
    writer = await ApiUser.register('阿誠', undefined, gateway.url)
    room = await owner.befriend(writer)
    await writer.say(room, '之前')
    reader = await Person.open(browser, { baseURL: gateway.url })
    // While it is down the browser logs failed requests.
    reader.allow(/ERR_CONNECTION|WebSocket connection to/)
    await reader.enter('小雪', room)
  })
  afterAll(() => gateway.clear())

  it('is reconnected to after the pause it asks for, and nothing is missed or doubled', async () => {
    const { page } = reader
    const sockets: { opened: number; closed: number; pause: number }[] = []
    page.on('websocket', (socket) => {
      const times = { opened: Date.now(), closed: 0, pause: 0 }
      sockets.push(times)
      socket.on('close', () => (times.closed = Date.now()))
      socket.on('framereceived', ({ payload }) => {
        const match = /"retry_after_ms":(\d+)/.exec(String(payload))
        if (match) times.pause = Number(match[1])
      })
    })
    await page.reload()
    await reader.expectTexts(said)
    await expect.poll(() => sockets.length, SOON).toBe(1)

    await gateway.stop()
    await gateway.start()
    await writer.say(room, '重新啟動之後')
    said.push('重新啟動之後')
    await reader.say('我還在')
    said.push('我還在')
    await expect.poll(async () => (await reader.texts()).sort(), SOON).toEqual([...said].sort())
    await expect.poll(() => sockets.length, SOON).toBeGreaterThanOrEqual(2)
    const [before, after] = sockets
    expect(before?.pause).toBeGreaterThan(0)
    expect((after?.opened ?? 0) - (before?.closed ?? 0)).toBeGreaterThanOrEqual((before?.pause ?? 0) - 20)

    await page.getByText(BANNER).waitFor({ state: 'detached', timeout: 20_000 })
    await writer.say(room, '聽得到')
    said.push('聽得到')
    await expect.poll(async () => (await reader.texts()).at(-1), SOON).toBe('聽得到')
    expect((await reader.texts()).sort()).toEqual([...said].sort())
  })

  it('may also be killed', async () => {
    const id = await writer.say(room, '要改的')
    await reader.page.getByText('要改的').first().waitFor()
    await gateway.stop('SIGKILL')
    await reader.page.getByText(BANNER).waitFor()
    await gateway.start()
    await writer.edit(room, id, '改過的')
    await writer.say(room, '活過來了')
    await reader.page.getByText(BANNER).waitFor({ state: 'detached', timeout: 20_000 })
    await expect.poll(async () => (await reader.texts()).slice(-2), SOON).toEqual(['改過的', '活過來了'])
    reader.expectNoErrors()
    await reader.context.close()
  })
})

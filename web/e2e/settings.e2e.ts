import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiUser } from './api'
import { Gateway } from './gateway'
import { BASE_URL, launch, leave, PASSWORD, Person, RUN, SOON } from './person'
import { face } from './png'
import { unzip } from './zip'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const register = (name: string) => ApiUser.register(name + RUN)

async function enter(user: ApiUser, base = BASE_URL): Promise<Person> {
  const person = await Person.open(browser, { baseURL: base })
  await person.start(user.username)
  return person
}

/** Answers with the status of a request with a token. */
async function statusWith(token: string, path: string): Promise<number> {
  return (await fetch(BASE_URL + path, { headers: { authorization: `Bearer ${token}` } })).status
}

/** Posts to the address of an incoming webhook; returns the answer. */
async function post(address: string, text: string): Promise<[number, string]> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(address, { method: 'POST', headers, body: JSON.stringify({ text }) })
  return [response.status, await response.text()]
}

it('a token that is made in the settings works with its scopes, until it is deleted', async () => {
  const owner = await register('程式員')
  const person = await enter(owner)
  const { page } = person
  await page.goto('/settings/programs')
  await page.getByText('還沒有權杖。').waitFor()
  await person.shot('40-programs-empty')
  await page.getByRole('button', { name: '建立權杖' }).click()
  const dialog = page.getByRole('dialog', { name: '建立權杖' })
  const make = dialog.getByRole('button', { name: '建立權杖' })
  await dialog.getByLabel('名稱').fill('備份')
  expect(await make.isDisabled()).toBe(true)
  await dialog.getByRole('checkbox', { name: '讀取聊天室和成員' }).check()
  await person.shot('40-token-dialog')
  await make.click()
  const token = await page.getByLabel('新的權杖').inputValue()
  const row = page.locator('[data-token]', { hasText: '備份' })
  await row.getByText('rooms:read').waitFor()
  await person.shot('40-token')
  expect(await statusWith(token, '/chatrooms')).toBe(200)
  expect(await statusWith(token, '/friends')).toBe(403)
  await page.getByRole('button', { name: '完成' }).click()
  await page.getByLabel('新的權杖').waitFor({ state: 'detached' })
  await row.getByRole('button', { name: '刪除權杖「備份」' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '刪除' }).click()
  await row.waitFor({ state: 'detached' })
  expect(await statusWith(token, '/chatrooms')).toBe(401)
  await leave(person)
})

it('a bot is made, shown as its owner wants it, acts by its token, and is deleted', async () => {
  const owner = await register('主人')
  const person = await enter(owner)
  const { page } = person
  await page.goto('/settings/programs')
  await page.getByRole('button', { name: '建立機器人' }).click()
  const dialog = page.getByRole('dialog', { name: '建立機器人' })
  const name = dialog.getByLabel('使用者名稱')
  const make = dialog.getByRole('button', { name: '建立機器人' })
  person.allow(/status of 422/)
  await name.fill(owner.username)
  await make.click()
  await dialog.getByText('這個使用者名稱已經有人用了').waitFor()
  await name.fill(`weather_${RUN}`)
  await make.click()
  await page.waitForURL(/\/settings\/programs\/\d+$/)
  await page.getByLabel('暱稱').fill('天氣小幫手')
  await page.getByRole('button', { name: '儲存' }).click()
  await page.getByText('已儲存').waitFor()
  await page
    .getByLabel('更換頭像')
    .and(page.locator('input'))
    .setInputFiles({ name: 'face.png', mimeType: 'image/png', buffer: face(96, [186, 90, 120]) })
  await page.locator('main img[src*="/static/avatars/"]').waitFor()

  await page.getByRole('button', { name: '建立權杖' }).click()
  const tokens = page.getByRole('dialog', { name: '建立權杖' })
  await tokens.getByLabel('名稱').fill('主機')
  await tokens.getByRole('checkbox', { name: '讀取個人檔案' }).check()
  await tokens.getByRole('button', { name: '建立權杖' }).click()
  const token = await page.getByLabel('新的權杖').inputValue()
  const me = await fetch(`${BASE_URL}/user/me`, { headers: { authorization: `Bearer ${token}` } })
  expect(await me.json()).toMatchObject({ nickname: '天氣小幫手', is_bot: true })
  await person.shot('41-bot')

  await page.getByRole('link', { name: '程式與機器人' }).first().click()
  const row = page.locator('[data-bot]', { hasText: '天氣小幫手' })
  await row.click()
  await page.getByRole('button', { name: '刪除機器人' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '刪除機器人' }).click()
  await page.getByText('還沒有機器人。').waitFor()
  expect(await statusWith(token, '/user/me')).toBe(401)
  await leave(person)
})

describe('the webhook of a bot', () => {
  let gateway: Gateway
  let receiver: Server
  let answer = 200
  const received: { headers: IncomingHttpHeaders; body: string }[] = []

  beforeAll(async () => {
    gateway = await Gateway.start({ CHATROOM__OUTBOUND__PRIVATE_NETWORKS: 'true' })
    receiver = createServer((request, response) => {
      let body = ''
      request.on('data', (part: Buffer) => (body += part.toString()))
      request.on('end', () => {
        received.push({ headers: request.headers, body })
        response.writeHead(answer).end()
      })
    }).listen(0, '127.0.0.1')
    await once(receiver, 'listening')
  })
  afterAll(async () => {
    receiver.close()
    await gateway.clear()
  })

  it('posts what the bot is told, says how that went, and is enabled again', async () => {
    const owner = await ApiUser.register('主人', undefined, gateway.url)
    const bot = await owner.call<{ user_id: number }>('POST', '/bots', { username: 'echo' })
    const { chatroom_id: room } = await owner.call<{ chatroom_id: string }>('POST', '/chatrooms', {
      members_id: [bot.user_id],
    })
    const person = await enter(owner, gateway.url)
    const { page } = person
    await page.goto(`/settings/programs/${bot.user_id}`)
    await page.getByRole('button', { name: '建立 Webhook' }).click()
    const dialog = page.getByRole('dialog', { name: '建立 Webhook' })
    const address = dialog.getByLabel('網址')
    person.allow(/status of 422/)
    await address.fill('ftp://example.com')
    await dialog.getByRole('button', { name: '儲存' }).click()
    await dialog.getByText('開頭的公開網址').waitFor()
    await person.shot('42-webhook-dialog')
    await address.fill(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`)
    await dialog.getByRole('button', { name: '儲存' }).click()
    expect(await page.getByLabel('簽章密鑰').inputValue()).toMatch(/^whsec_/)
    await page.getByRole('button', { name: '完成' }).click()

    await owner.say(room, '今天天氣如何？')
    await expect.poll(() => received.length, SOON).toBe(1)
    expect(received[0]?.headers['webhook-signature']).toMatch(/^v1,/)
    expect(received[0]?.body).toContain('今天天氣如何？')
    const card = page.locator('[data-webhook]')
    await card.getByRole('button', { name: '傳送記錄' }).click()
    await card.locator('[data-delivery=delivered]').waitFor()
    await person.shot('42-deliveries')
    await card.getByRole('button', { name: '再傳一次' }).click()
    await expect.poll(() => received.length, SOON).toBe(2)
    expect(received[1]?.headers['webhook-id']).toBe(received[0]?.headers['webhook-id'])

    answer = 410
    await owner.say(room, '還在嗎？')
    await expect.poll(() => received.length, SOON).toBe(3)
    const disabled = async () => {
      await page.reload()
      await card.waitFor()
      return card.getByRole('button', { name: '重新啟用' }).count()
    }
    await expect.poll(disabled, SOON).toBe(1)
    await person.shot('42-disabled')
    answer = 200
    await card.getByRole('button', { name: '重新啟用' }).click()
    await card.getByRole('button', { name: '停用' }).waitFor()
    await owner.say(room, '又能傳了')
    await expect.poll(() => received.at(-1)?.body, SOON).toContain('又能傳了')
    await card.getByRole('button', { name: '刪除' }).click()
    await page.getByRole('dialog').getByRole('button', { name: '刪除' }).click()
    await page.getByText('還沒有 Webhook。').waitFor()
    await leave(person)
  })
})

describe('a room', () => {
  it('takes what is posted to an address that was made in its panel', async () => {
    const [owner, other, third] = [await register('團長'), await register('團員'), await register('新人')]
    const direct = await owner.befriend(other)
    await owner.befriend(third)
    const { chatroom_id: group } = await owner.call<{ chatroom_id: string }>('POST', '/chatrooms', {
      members_id: [other.id, third.id],
      chatroom_name: '登山社',
    })
    const [here, there] = [await enter(owner), await enter(other)]
    await here.page.goto(`/chats/${group}?panel=info`)
    await there.page.goto(`/chats/${group}?panel=info`)
    const panel = here.page.getByRole('complementary', { name: '聊天資訊' })
    await panel.getByLabel('名稱', { exact: true }).fill('氣象站')
    await panel.getByRole('button', { name: '建立網址' }).click()
    const address = await panel.getByLabel('Webhook 網址').inputValue()
    await panel.getByLabel('Webhook 網址').scrollIntoViewIfNeeded()
    await here.shot('43-room-webhook')
    const sent = ({ page }: Person, text: string) =>
      page.locator('[data-message]', { hasText: text }).getByText('氣象站', { exact: true }).waitFor()
    expect(await post(address, '明天會下雨')).toEqual([200, 'ok'])
    await sent(here, '明天會下雨')
    await sent(there, '明天會下雨')
    expect(await there.page.getByText('建立網址').count()).toBe(0)

    await panel.getByRole('button', { name: '完成' }).click()
    await panel.getByRole('button', { name: '刪除 Webhook「氣象站」' }).click()
    await here.page.getByRole('dialog').getByRole('button', { name: '刪除' }).click()
    await panel.locator('[data-webhook]').waitFor({ state: 'detached' })
    expect((await post(address, '還在嗎'))[0]).toBe(404)

    // In a room of two, too, it is said that neither of them has written it.
    const { url } = await owner.call<{ url: string }>('POST', `/chatrooms/${direct}/webhooks`, {
      name: '氣象站',
    })
    await here.page.goto(`/chats/${direct}`)
    await here.page.getByPlaceholder('輸入訊息').waitFor()
    await post(url, '山上起霧了')
    await sent(here, '山上起霧了')
    await leave(here, there)
  })

  it('says to both when its messages disappear, and lets either change that', async () => {
    const [owner, other] = [await register('小倩'), await register('阿杰')]
    const room = await owner.befriend(other)
    const [here, there] = [await enter(owner), await enter(other)]
    for (const { page } of [here, there]) await page.goto(`/chats/${room}?panel=info`)
    const choice = ({ page }: Person) => page.getByLabel('訊息自動消失')
    await choice(here).selectOption({ label: '1 天後' })
    for (const { page } of [here, there]) {
      await page.locator('[data-disappears]').getByText('訊息在傳送1 天後消失').waitFor()
    }
    await here.shot('44-disappearing')
    await here.say('明天就看不到了')
    await there.expectTexts(['明天就看不到了'])
    const [message] = await owner.call<{ expires_at: string; timestamp: string; content: string }[]>(
      'GET',
      `/chatrooms/${room}/messages?limit=1`,
    )
    const lasts = Date.parse(message?.expires_at ?? '') - Date.parse(message?.timestamp ?? '')
    expect([message?.content, lasts]).toEqual(['明天就看不到了', 86_400_000])
    await choice(there).selectOption({ label: '不消失' })
    for (const { page } of [here, there])
      await page.locator('[data-disappears]').waitFor({ state: 'detached' })
    await leave(here, there)
  })

  it('shows nobody what somebody has read who keeps that to themselves', async () => {
    const [owner, other] = [await register('小靜'), await register('阿問')]
    const room = await owner.befriend(other)
    const [here, there] = [await enter(owner), await enter(other)]
    await here.page.goto('/settings/privacy')
    const setting = here.page.getByRole('checkbox', { name: '讓對方看到已讀' })
    const saved = here.page.waitForResponse((response) => response.request().method() === 'PATCH')
    await setting.uncheck()
    await saved
    await there.page.goto(`/chats/${room}`)
    await there.say('在嗎？')
    await here.page.goto(`/chats/${room}`)
    await here.expectTexts(['在嗎？'])
    const asked = there.page.waitForResponse((response) => response.url().endsWith(`/chatrooms/${room}`))
    await here.say('在')
    await there.expectTexts(['在嗎？', '在'])
    await asked
    expect(await there.page.locator('[data-state]').textContent()).toBe('已送出')
    await leave(here, there)
  })
})

describe('an account', () => {
  it('is copied whole, with what it said, once a day', async () => {
    const [owner, other] = [await register('小檔'), await register('阿友')]
    const room = await owner.befriend(other)
    await owner.say(room, '這句話要在副本裡')
    const person = await enter(owner)
    const { page } = person
    // There is no copy before one is asked for.
    person.allow(/status of 404/)
    await page.goto('/settings/account')
    await page.getByRole('button', { name: '索取副本' }).click()
    const link = page.getByRole('link', { name: /下載（/ })
    await link.waitFor()
    await link.scrollIntoViewIfNeeded()
    await person.shot('45-export')
    await page.reload()
    const downloading = page.waitForEvent('download')
    await link.click()
    const download = await downloading
    expect(download.suggestedFilename()).toMatch(/\.zip$/)
    const files = unzip(await readFile(await download.path()))
    expect([...files.keys()]).toEqual(expect.arrayContaining(['account.json', 'rooms.json']))
    expect(files.get(`messages/${room}.json`)?.toString()).toContain('這句話要在副本裡')
    await leave(person)
  })

  it('is deleted with what it said, if its user wants that', async () => {
    // Nobody waits in a test until an account can no longer be restored.
    const gateway = await Gateway.start({ CHATROOM__LIMITS__ACCOUNT_GRACE_DAYS: '0' })
    const [owner, other] = [
      await ApiUser.register('小走', undefined, gateway.url),
      await ApiUser.register('阿留', undefined, gateway.url),
    ]
    const room = await owner.befriend(other)
    await owner.say(room, '都收回吧')
    const [here, there] = [await enter(owner, gateway.url), await enter(other, gateway.url)]
    await there.page.goto(`/chats/${room}`)
    await there.expectTexts(['都收回吧'])
    await here.page.goto('/settings/account')
    await here.page.getByRole('button', { name: '刪除帳號' }).click()
    const dialog = here.page.getByRole('dialog')
    await dialog.getByRole('checkbox', { name: '也收回我傳過的所有訊息' }).check()
    await dialog.getByLabel('輸入密碼以確認').fill(PASSWORD)
    await here.shot('45-delete')
    here.allow(/status of 40[13]/)
    await dialog.getByRole('button', { name: '刪除帳號' }).click()
    await here.page.waitForURL(/\/login/)
    await there.page.locator('[data-message]').getByText('已收回訊息').waitFor()
    await leave(here, there)
    await gateway.clear()
  })
})

it('a browser shows what it keeps and what it talks to, and clears its cache', async () => {
  const person = await enter(await register('小清'))
  const { page } = person
  await page.evaluate(async () => (await caches.open('media')).put('/x', new Response('x'.repeat(1_000_000))))
  await page.goto('/settings/about')
  await page.getByText(/^Chatroom \d+\.\d+\.\d+/).waitFor()
  await page.locator('[data-used]').getByText('MB').waitFor()
  await person.shot('46-about')
  await page.getByRole('button', { name: '清除快取' }).click()
  await page.getByText('已清除快取').waitFor()
  expect(await page.evaluate(() => caches.has('media'))).toBe(false)
  await page.getByRole('button', { name: '顯示快速鍵' }).click()
  await page.getByRole('dialog', { name: '鍵盤快速鍵' }).waitFor()
  await leave(person)
})

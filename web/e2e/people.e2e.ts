import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ApiUser } from './api'
import { launch, leave, Person, RUN, SOON } from './person'

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const register = (name: string) => ApiUser.register(name + RUN)

async function enter(user: ApiUser, options: Parameters<typeof Person.open>[1] = {}): Promise<Person> {
  const person = await Person.open(browser, options)
  await person.start(user.username)
  return person
}

it('a stranger asks, and is ignored or accepted', async () => {
  const [owner, stranger] = [await register('屋主'), await register('陌生人')]
  const here = await enter(owner)
  const there = await enter(stranger)
  await there.page.goto('/people/search')
  await there.page.getByLabel('電子郵件或使用者名稱').fill(owner.username)
  await there.page.getByRole('button', { name: '搜尋' }).click()
  await there.page.getByRole('button', { name: '傳訊息' }).click()
  await there.page.waitForURL(/\/chats\/[0-9a-f-]{36}$/)
  await there.say('你好，我在市集看到你的攤位')
  await there.expectTexts(['你好，我在市集看到你的攤位'])

  await here.page.getByRole('button', { name: /訊息請求.*1 個訊息請求/ }).click()
  await here.page.locator('[data-room]').click()
  await here.expectTexts(['你好，我在市集看到你的攤位'])
  const bar = here.page.getByRole('region', { name: '訊息請求' })
  await here.shot('30-request')
  expect(await here.page.getByPlaceholder('輸入訊息').count()).toBe(0)
  expect(await there.page.locator('[data-state]').textContent()).toBe('已送出')
  await bar.getByRole('button', { name: '忽略' }).click()
  await here.page.waitForURL('**/chats')
  await here.page.locator('[data-room]').click()
  await bar.getByRole('button', { name: '接受' }).click()
  await here.say('謝謝你')
  await there.expectTexts(['你好，我在市集看到你的攤位', '謝謝你'])
  await expect.poll(() => there.page.locator('[data-state]').textContent(), SOON).toBe('已讀')
  await leave(here, there)
})

it('somebody is blocked, reported and unblocked, on all devices', async () => {
  const [owner, other] = [await register('小蓮'), await register('阿吵')]
  const room = await owner.befriend(other)
  const here = await enter(owner, { viewport: { width: 360, height: 640 } })
  const second = await enter(owner)
  await second.page.goto('/settings/privacy')
  await second.page.getByText('你沒有封鎖任何人。').waitFor()
  await here.page.goto(`/u/${other.id}`)
  await here.page.getByRole('button', { name: '檢舉' }).click()
  const report = here.page.getByRole('dialog', { name: '向管理員檢舉' })
  await report.getByRole('radio', { name: '騷擾或霸凌' }).check()
  await here.shot('31-report')
  await report.getByRole('button', { name: '送出檢舉' }).click()
  await here.page.getByText('已送出檢舉，謝謝你').waitFor()
  await here.page.getByRole('button', { name: '封鎖' }).click()
  await here.page.getByRole('dialog').getByRole('button', { name: '封鎖' }).click()
  await here.page.getByRole('button', { name: '解除封鎖' }).waitFor()
  expect(await here.page.getByRole('button', { name: '加好友' }).count()).toBe(0)
  await second.page.getByText(other.username).waitFor()
  await second.shot('31-privacy')

  const there = await enter(other)
  there.allow(/status of 40[034]/)
  await there.page.goto(`/chats/${room}`)
  await there.say('喂')
  await there.page.getByText('無法傳訊息給這個人').waitFor()

  await second.page.getByRole('button', { name: '解除封鎖' }).click()
  await second.page.getByText('你沒有封鎖任何人。').waitFor()
  await here.page.getByRole('button', { name: '加好友' }).waitFor()
  await leave(here, second, there)
})

it('a message is reported from its menu', async () => {
  const [owner, other] = [await register('小荷'), await register('廣告商')]
  const room = await owner.befriend(other)
  await other.say(room, '便宜賣')
  const here = await enter(owner)
  await here.page.goto(`/chats/${room}`)
  const message = here.page.locator('[data-message]', { hasText: '便宜賣' })
  await message.waitFor()
  await (await here.openMenu(message)).getByRole('menuitem', { name: '檢舉' }).click()
  const report = here.page.getByRole('dialog', { name: '向管理員檢舉' })
  expect(await report.getByRole('button', { name: '送出檢舉' }).isDisabled()).toBe(true)
  await report.getByRole('radio', { name: '垃圾訊息或廣告' }).check()
  await report.getByRole('button', { name: '送出檢舉' }).click()
  await here.page.getByText('已送出檢舉，謝謝你').waitFor()
  await leave(here)
})

it('whoever opens the link of somebody becomes their friend', async () => {
  const [owner, guest] = [await register('主人'), await register('客人')]
  const here = await enter(owner)
  await here.page.goto('/people/search')
  await here.page.getByRole('button', { name: '顯示連結和 QR 碼' }).click()
  const link = await here.page.getByLabel('連結', { exact: true }).inputValue()
  await here.shot('32-own-invite')
  const there = await Person.open(browser)
  await there.follow(link)
  await there.signIn(guest.username)
  await there.page.getByText(owner.username, { exact: true }).waitFor()
  await there.shot('32-accept-invite')
  await there.page.getByRole('button', { name: '加好友' }).click()
  await there.page.waitForURL(/\/chats\/[0-9a-f-]{36}$/)
  await there.say('我掃了你的 QR 碼')
  await here.page.goto('/people/friends')
  await here.page.getByText(guest.username, { exact: true }).waitFor()

  await here.page.goto('/people/search')
  await here.page.getByRole('button', { name: '顯示連結和 QR 碼' }).click()
  await here.page.getByRole('button', { name: '換新連結' }).click()
  await here.page.getByRole('dialog').getByRole('button', { name: '換新連結' }).click()
  await expect.poll(() => here.page.getByLabel('連結', { exact: true }).inputValue(), SOON).not.toBe(link)
  there.allow(/status of 404/)
  await there.follow(link)
  await there.page.getByText('這個連結已經失效').waitFor()
  await leave(here, there)
})

it('privacy is set once for all devices', async () => {
  const owner = await register('小隱')
  const [here, second] = [await enter(owner), await enter(owner)]
  for (const person of [here, second]) await person.page.goto('/settings/privacy')
  const finders = (person: Person) => person.page.getByLabel('誰能用使用者名稱找到我')
  expect(await finders(second).inputValue()).toBe('everyone')
  await finders(here).selectOption('nobody')
  await expect.poll(() => finders(second).inputValue(), SOON).toBe('nobody')
  await leave(here, second)
})

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ApiUser } from './api'
import { Gateway } from './gateway'
import { launch, Person, SOON } from './person'

const BASE = '/settings/administration'
let browser: Browser
let gateway: Gateway
let people: Record<'admin' | 'loud' | 'quiet', ApiUser>
let here: Person
let there: Person

beforeAll(async () => {
  browser = await launch()
  gateway = await Gateway.start()
  const register = (name: string) => ApiUser.register(name, undefined, gateway.url)
  people = { admin: await register('站長'), loud: await register('吵鬧王'), quiet: await register('小靜') }
  await gateway.command('admin', 'grant', people.admin.username)
  const room = await people.loud.befriend(people.quiet)
  const message_id = await people.loud.say(room, '限時特賣，快來買！')
  await people.quiet.call('POST', '/reports', {
    chatroom_id: room,
    message_id,
    reason: 'spam',
    note: '一直傳廣告',
  })
  here = await open(people.admin)
  there = await open(people.loud)
})
afterAll(async () => {
  for (const person of [here, there]) {
    person.expectNoErrors()
    await person.context.close()
  }
  await browser.close()
  await gateway.clear()
})

async function open(user: ApiUser): Promise<Person> {
  const person = await Person.open(browser, { baseURL: gateway.url })
  await person.start(user.username)
  return person
}

it('is for administrators alone', async () => {
  await there.page.goto('/settings')
  await there.page.getByRole('link', { name: '外觀與語言' }).waitFor()
  expect(await there.page.getByRole('link', { name: '伺服器管理' }).count()).toBe(0)
  await there.page.goto(`${BASE}/people`)
  await there.page.getByText('只有管理員可以使用').waitFor()
  await here.page.goto('/settings')
  await here.page.getByRole('link', { name: '伺服器管理' }).click()
  await here.page.waitForURL(`**${BASE}/people`)
  await here.page.locator('[data-account]').nth(2).waitFor()
  await here.shot('50-people')
})

it('shows a report with what was said, and closes it with a note', async () => {
  const { page } = here
  await page.getByRole('link', { name: '檢舉' }).click()
  const report = page.locator('[data-report]')
  await report.getByText('限時特賣，快來買！').waitFor()
  await report.getByText('一直傳廣告').waitFor()
  await here.shot('51-reports')
  await report.getByLabel('處理備註').fill('已警告')
  await report.getByRole('button', { name: '結案' }).click()
  await page.getByText('沒有檢舉').waitFor()
  await page.getByLabel('顯示').selectOption('closed')
  await expect.poll(() => report.getByLabel('處理備註').inputValue(), SOON).toBe('已警告')
  await report.getByRole('button', { name: '重新開啟' }).click()
  await report.waitFor({ state: 'detached' })
  await page.getByLabel('顯示').selectOption('open')
  await report.getByRole('link', { name: '查看帳號' }).click()
  await page.waitForURL(`**${BASE}/people?q=${people.loud.id}`)
  await expect.poll(() => page.locator('[data-account]').count(), SOON).toBe(1)
})

it('suspends somebody, who is signed out at once and cannot sign in until that is taken back', async () => {
  const { page } = here
  await page.getByLabel('名稱、電子郵件或編號').fill('吵鬧')
  await page.getByRole('button', { name: '搜尋' }).click()
  const row = page.locator(`[data-account="${people.loud.id}"]`)
  await there.page.goto('/chats')
  await there.page.locator('[data-room]').first().waitFor()
  there.allow(/status of 40[13]/)
  await row.getByRole('button', { name: '停權' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '停權' }).click()
  await there.page.waitForURL(/\/login/)
  await row.getByText('起停權').waitFor()
  await here.shot('52-suspended')
  await there.signIn(people.loud.username)
  await there.page.getByText('這個帳號已被停權').waitFor()
  await row.getByRole('button', { name: '恢復' }).click()
  await row.getByRole('button', { name: '停權' }).waitFor()
  await there.signIn(people.loud.username)
  await there.page.waitForURL('**/chats')
})

it('counts what the server holds, and says who did what', async () => {
  const { page } = here
  await page.getByRole('link', { name: '統計' }).click()
  await expect.poll(() => page.locator('[data-count=users]').textContent(), SOON).toContain('3')
  await page.getByText('磁碟剩餘空間').waitFor()
  await here.shot('53-statistics')
  await page.getByRole('link', { name: '稽核記錄' }).click()
  await page.locator('[data-entry]', { hasText: '停權帳號' }).getByText(people.loud.username).waitFor()
  await here.shot('54-audit')
})

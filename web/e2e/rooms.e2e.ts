import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiUser } from './api'
import { launch, Person, RUN, SOON } from './person'

/** The rooms of the long list. */
const COUNT = 26
let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

async function register(names: string[]): Promise<ApiUser[]> {
  const made: ApiUser[] = []
  for (const name of names) made.push(await ApiUser.register(name + RUN))
  return made
}

describe('a group', () => {
  let owner: ApiUser
  let second: ApiUser
  let third: ApiUser
  let outsider: ApiUser
  let group = ''
  let leader: Person
  let member: Person

  beforeAll(async () => {
    ;[owner, second, third, outsider] = (await register(['團長', '團員', '新人', '路人'])) as [
      ApiUser,
      ApiUser,
      ApiUser,
      ApiUser,
    ]
    await owner.befriend(second)
    await owner.befriend(third)
    const made = await owner.call<{ chatroom_id: string }>('POST', '/chatrooms', {
      members_id: [second.id, third.id],
      chatroom_name: '登山社',
    })
    group = made.chatroom_id
    await owner.call('DELETE', `/chatrooms/${group}/participants/${third.id}`)
    leader = await Person.open(browser)
    member = await Person.open(browser)
    await leader.enter(owner.username, group)
    await member.enter(second.username, group)
  })
  afterAll(async () => {
    for (const person of [leader, member]) {
      person.expectNoErrors()
      await person.context.close()
    }
  })

  const panel = ({ page }: Person) => page.getByRole('complementary', { name: '聊天資訊' })
  const row = (person: Person, user: ApiUser) => panel(person).locator(`[data-member="${user.id}"]`)

  it('shows its members with their roles, and a member may not change it', async () => {
    await leader.page.getByRole('heading', { name: '登山社 (2)' }).click()
    await row(leader, owner).getByText('擁有者').waitFor()
    await leader.shot('20-group-info')
    await member.page.keyboard.press('Control+.')
    await row(member, second).waitFor()
    expect(await panel(member).getByRole('button', { name: '更改群組名稱' }).count()).toBe(0)
    expect(await panel(member).getByText('邀請連結').count()).toBe(0)
    await member.page.goBack()
    await panel(member).waitFor({ state: 'detached' })
    await member.page.keyboard.press('Control+.')
  })

  it('is renamed, takes in a friend, and gives roles, and the others see it at once', async () => {
    await panel(leader).getByRole('button', { name: '更改群組名稱' }).click()
    await panel(leader).getByLabel('群組名稱').fill('百岳登山社')
    await panel(leader).getByRole('button', { name: '儲存' }).click()
    await member.page.getByRole('heading', { name: '百岳登山社 (2)' }).waitFor()

    await panel(leader).getByRole('button', { name: '加入成員' }).click()
    const dialog = leader.page.getByRole('dialog', { name: '加入成員' })
    await dialog.getByRole('checkbox', { name: third.username }).check()
    await dialog.getByRole('button', { name: '加入成員' }).click()
    await row(member, third).waitFor()

    const choose = async (user: ApiUser, item: string) => {
      await row(leader, user)
        .getByRole('button', { name: `${user.username} 的選單` })
        .click()
      await leader.page.getByRole('menuitem', { name: item }).click()
    }
    await choose(second, '設為管理員')
    await row(member, second).getByText('管理員').waitFor()
    await panel(member).getByRole('button', { name: '更改群組名稱' }).waitFor()
    await choose(third, '移出群組')
    await leader.page.getByRole('dialog').getByRole('button', { name: '移出群組' }).click()
    await row(member, third).waitFor({ state: 'detached' })
    await leader.page
      .locator('[data-message]', { hasText: `將${third.username}移出群組` })
      .last()
      .waitFor()
  })

  it('mentions a member, who sees it in the list and in the text', async () => {
    const elsewhere = await Person.open(browser, { viewport: { width: 360, height: 640 } })
    await elsewhere.page.goto('/login')
    await elsewhere.signIn(second.username)
    const box = leader.page.getByPlaceholder('輸入訊息')
    await box.pressSequentially('嗨 @團')
    const option = leader.page.getByRole('option', { name: second.username })
    await option.waitFor()
    await leader.shot('20-mention')
    await box.press('Enter')
    expect(await box.inputValue()).toBe(`嗨 @${second.username} `)
    await member.page.goto('/people/friends')
    await box.pressSequentially('記得帶繩子')
    await box.press('Enter')
    await elsewhere.page.getByRole('img', { name: '有人提到你' }).waitFor()
    await member.page.goto(`/chats/${group}?panel=info`)
    const mention = member.page.locator('[data-mention]', { hasText: `@${second.username}` })
    expect(await mention.getAttribute('href')).toBe(`/u/${second.id}`)
    await row(member, second).waitFor()
    elsewhere.expectNoErrors()
    await elsewhere.context.close()
  })

  it('is joined by its link, also by somebody who signs in first', async () => {
    await panel(leader).getByRole('button', { name: '建立連結' }).click()
    const link = await panel(leader).getByLabel('連結', { exact: true }).inputValue()
    await panel(leader).getByRole('img', { name: '連結的 QR 碼' }).waitFor()
    await leader.shot('20-invite')
    const joining = await Person.open(browser, { viewport: { width: 360, height: 640 } })
    await joining.follow(link)
    await joining.signIn(outsider.username)
    await joining.page.getByText('百岳登山社').waitFor()
    await joining.shot('20-join')
    await joining.page.getByRole('button', { name: '加入群組' }).click()
    await joining.page.waitForURL(`**/chats/${group}`)
    await row(leader, outsider).waitFor()
    await joining.say('大家好')
    await leader.page.getByText('大家好').first().waitFor()

    await panel(leader).getByRole('button', { name: '撤銷連結' }).click()
    await panel(leader).locator('[data-invite]').waitFor({ state: 'detached' })
    joining.allow(/status of 404/)
    await joining.follow(link)
    await joining.page.getByText('這個連結已經失效').waitFor()
    joining.expectNoErrors()
    await joining.context.close()
  })

  it('is handed over', async () => {
    await row(leader, second)
      .getByRole('button', { name: `${second.username} 的選單` })
      .click()
    await leader.page.getByRole('menuitem', { name: '移交群組' }).click()
    await leader.page.getByRole('dialog').getByRole('button', { name: '移交群組' }).click()
    await row(member, second).getByText('擁有者').waitFor()
    await row(leader, owner).getByText('管理員').waitFor()
  })
})

describe('the list of rooms', () => {
  let owner: ApiUser
  let friends: ApiUser[] = []
  let rooms: string[] = []
  let person: Person

  beforeAll(async () => {
    ;[owner, ...friends] = (await register([
      '阿明',
      ...Array.from({ length: COUNT }, (_, n) => `鄰居${n}號`),
    ])) as [ApiUser, ...ApiUser[]]
    rooms = []
    for (const friend of friends) rooms.push(await owner.befriend(friend))
    for (const [at, room] of rooms.entries()) await friends[at]?.say(room, `嗨 ${at}`)
    person = await Person.open(browser)
    await person.page.goto('/login')
    await person.signIn(owner.username)
    await person.page.locator('[data-room]').first().waitFor()
  }, 120_000)
  afterAll(async () => {
    person.expectNoErrors()
    await person.context.close()
  })

  const row = (at: number) => person.page.locator(`[data-room="${rooms[at]}"]`)
  const menu = async (at: number, item: string) => {
    await row(at).click({ button: 'right' })
    await person.page.getByRole('menuitem', { name: item }).click()
  }

  it('renders what is near the visible rooms, and is one stop for the keyboard', async () => {
    const { page } = person
    expect(await page.locator('[data-room]').count()).toBeLessThan(COUNT - 4)
    expect(await page.locator('[data-room] a[tabindex="0"]').count()).toBe(1)
    await page.locator('[data-room] a[tabindex="0"]').focus()
    await page.keyboard.press('ArrowDown')
    const focused = () =>
      page.evaluate(() => document.activeElement?.closest('[data-room]')?.getAttribute('data-room'))
    expect(await focused()).toBe(rooms[COUNT - 2])
    await page.keyboard.press('End')
    await expect.poll(focused, SOON).toBe(rooms[0])
    await page.keyboard.press('Home')
    await expect.poll(focused, SOON).toBe(rooms[COUNT - 1])
  })

  it('pins, mutes, marks and archives rooms, on all devices', async () => {
    const other = await Person.open(browser)
    await other.page.goto('/login')
    await other.signIn(owner.username)
    const first = () => other.page.locator('[data-room]').first().getAttribute('data-room')
    await expect.poll(first, SOON).toBe(rooms[COUNT - 1])
    await menu(COUNT - 5, '釘選')
    await expect.poll(first, SOON).toBe(rooms[COUNT - 5])
    await menu(COUNT - 2, '關閉通知')
    await other.page
      .locator(`[data-room="${rooms[COUNT - 2]}"]`)
      .getByRole('img', { name: '通知已關閉' })
      .waitFor()
    await menu(COUNT - 1, '封存')
    await other.page.locator(`[data-room="${rooms[COUNT - 1]}"]`).waitFor({ state: 'detached' })
    await other.page.getByRole('button', { name: '已封存' }).click()
    await other.page.locator(`[data-room="${rooms[COUNT - 1]}"]`).waitFor()
    await other.shot('21-archived')
    await person.shot('21-list')
    other.expectNoErrors()
    await other.context.close()
  })

  it('keeps a draft on all devices', async () => {
    const other = await Person.open(browser)
    await other.enter(owner.username, rooms[20] ?? '')
    await other.page.getByPlaceholder('輸入訊息').fill('在電腦上寫的')
    await person.page.goto(`/chats/${rooms[20]}`)
    const box = person.page.getByPlaceholder('輸入訊息')
    await expect.poll(() => box.inputValue(), SOON).toBe('在電腦上寫的')
    await person.say('寄出')
    await expect.poll(() => other.page.getByPlaceholder('輸入訊息').inputValue(), SOON).toBe('')
    other.expectNoErrors()
    await other.context.close()
  })
})

describe('finding', () => {
  it('a message in a room, a room by its name, and a message of any room', async () => {
    const [owner, other, third] = (await register(['找的人', '說的人', '另一人'])) as [
      ApiUser,
      ApiUser,
      ApiUser,
    ]
    const room = await owner.befriend(other)
    const elsewhere = await owner.befriend(third)
    const wanted = await other.say(room, '我們去 陽明山 看海芋')
    for (let n = 1; n <= 130; n += 1) await other.say(room, `第 ${n} 句`)
    await third.say(elsewhere, '合歡山下雪了')
    const person = await Person.open(browser)
    const { page } = person
    await person.enter(owner.username, room)
    await page.getByText('第 130 句').last().waitFor()
    await page.keyboard.press('Control+f')
    await page.getByRole('searchbox', { name: '搜尋這個聊天室的訊息' }).fill('陽明山')
    const hit = page.locator('[data-hit]')
    await expect.poll(() => hit.locator('mark').allTextContents(), SOON).toEqual(['陽明山'])
    await person.shot('22-search')
    await hit.click()
    await page.waitForURL(`**/m/${wanted}?panel=search`)
    const found = page.locator(`[data-message="${wanted}"]`)
    await expect.poll(() => found.getAttribute('class'), SOON).toContain('animate-found')

    await page.keyboard.press('Control+k')
    const box = page.getByRole('combobox', { name: '搜尋聊天和訊息' })
    await box.fill('合歡山')
    await page.getByRole('option').filter({ hasText: '合歡山下雪了' }).waitFor()
    await person.shot('22-switch')
    await box.press('Enter')
    await page.waitForURL(`**/chats/${elsewhere}/m/*`)
    await page.keyboard.press('Control+k')
    await box.fill(other.username.slice(0, 3))
    await page.getByRole('option', { name: other.username }).waitFor()
    await box.press('Enter')
    await page.waitForURL(`**/chats/${room}`)
    await page.keyboard.press('Alt+ArrowUp')
    await page.waitForURL(`**/chats/${elsewhere}`)
    await page.keyboard.press('Control+/')
    await page.getByRole('dialog', { name: '鍵盤快速鍵' }).waitFor()
    await page.keyboard.press('Escape')
    person.expectNoErrors()
    await person.context.close()
  })
})

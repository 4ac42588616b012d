import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ApiUser } from './api'
import { launch, Person, RUN, SOON } from './person'
import { DUSK, face, landscape, MORNING, NIGHT } from './png'

// Takes the pictures of the README: npm run screenshots.
const OUT = fileURLToPath(new URL('../../docs/images/', import.meta.url))
/** A time zone in which it is morning while the pictures are taken. */
const behind = ((new Date().getUTCHours() - 9 + 36) % 24) - 12
const MORNING_ZONE = `Etc/GMT${behind < 0 ? behind : `+${behind}`}`
const me = `yating.${RUN}`
const peer = `chihao.${RUN}`
let browser: Browser
let room = ''
let group = ''
let people: ApiUser[] = []

beforeAll(async () => {
  browser = await launch()
  people = await Promise.all(
    [me, peer, `meiling.${RUN}`, `jiahao.${RUN}`, `peishan.${RUN}`].map((name) => ApiUser.register(name)),
  )
  const [yating, chihao, meiling, jiahao, peishan] = people as [ApiUser, ApiUser, ApiUser, ApiUser, ApiUser]
  await yating.rename('林雅婷', '週末去爬山')
  await chihao.rename('陳志豪', '忙碌中')
  await meiling.rename('王美玲', '喝咖啡')
  await jiahao.rename('張家豪')
  await peishan.rename('李佩珊')
  await yating.setAvatar(face(300, [143, 70, 176]))
  await chihao.setAvatar(face(300, [29, 111, 184]))
  await meiling.setAvatar(landscape(300, 300, DUSK))
  await jiahao.setAvatar(face(300, [176, 84, 44]))

  const hall = await yating.befriend(peishan)
  await peishan.say(hall, '明天的簡報我放到共用資料夾了')
  await yating.say(hall, '收到，謝謝！')
  const court = await yating.befriend(jiahao)
  await jiahao.say(court, '晚上打球嗎？')
  const coffee = await yating.befriend(meiling)
  await meiling.say(coffee, '星期六一起去嗎？')
  await meiling.say(coffee, '我帶三明治')
  const made = await yating.call<{ chatroom_id: string }>('POST', '/chatrooms', {
    members_id: [meiling.id, jiahao.id, peishan.id],
    chatroom_name: '大學同學會',
  })
  group = made.chatroom_id
  room = await yating.befriend(chihao)
})
afterAll(() => browser.close())

async function enter(name: string, options: Parameters<typeof Person.open>[1]): Promise<Person> {
  const person = await Person.open(browser, { timezoneId: MORNING_ZONE, ...options })
  await person.start(name)
  return person
}

const message = ({ page }: Person, text: string) => page.locator('[data-message]', { hasText: text }).last()

/** Sends files with a caption, and waits until they have been sent. */
async function send(person: Person, pictures: readonly Buffer[], caption: string): Promise<void> {
  const files = pictures.map((buffer, n) => ({ name: `陽明山 ${n + 1}.png`, mimeType: 'image/png', buffer }))
  await person.page.locator('input[type=file]').setInputFiles(files)
  await person.page.getByRole('list', { name: '準備傳送的檔案' }).getByRole('img').last().waitFor()
  await person.say(caption)
  await message(person, caption).or(person.page.locator('[data-album]').last()).first().waitFor()
  await expect.poll(() => person.page.locator('[data-waiting]').count(), SOON).toBe(0)
}

async function sendVoice({ page }: Person): Promise<void> {
  const voices = page.locator('[data-message] [data-voice]')
  const before = await voices.count()
  await page.getByRole('button', { name: '錄音' }).click()
  const recorder = page.getByRole('group', { name: '錄音中' })
  await recorder.getByText('0:03').waitFor()
  await recorder.getByRole('button', { name: '傳送語音' }).click()
  await expect.poll(() => voices.count(), SOON).toBe(before + 1)
}

/** Takes a picture in light and in dark, once all that is shown has been loaded. */
async function take({ page }: Person, name: string): Promise<void> {
  await page.getByPlaceholder('輸入訊息').blur()
  await page.mouse.move(0, 0)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.locator(`html[data-theme=${colorScheme}]`).waitFor()
    const loaded = () =>
      page
        .locator('img')
        .filter({ visible: true })
        .evaluateAll((all) => all.every((img) => (img as HTMLImageElement).complete))
    await expect.poll(loaded, SOON).toBe(true)
    await page.screenshot({ path: `${OUT}${name}-${colorScheme}.png`, animations: 'disabled' })
  }
}

it('a conversation of two, on a desktop and on a phone', async () => {
  const desk = await enter(me, { viewport: { width: 1280, height: 860 }, deviceScaleFactor: 2 })
  const other = await enter(peer, { viewport: { width: 1000, height: 800 } })
  for (const person of [desk, other]) await person.page.goto(`/chats/${room}`)
  await desk.page.getByText('在線上').filter({ visible: true }).first().waitFor()

  await other.say('早安！週末要不要一起去陽明山？')
  await message(desk, '週末要不要').waitFor()
  await desk.say('好啊！幾點出發？')
  await other.say(
    '早上八點在捷運站集合，記得帶水和外套，山上會比較冷。路線在這裡：https://example.tw/yangmingshan',
  )
  await message(desk, '早上八點').waitFor()
  await send(other, [landscape(960, 540, MORNING, 2)], '上次拍的')
  await message(desk, '上次拍的').waitFor()
  await message(desk, '上次拍的').hover()
  await (
    await desk.openMenu(message(desk, '上次拍的'))
  )
    .getByRole('menuitemcheckbox', { name: '用 ❤️ 回應' })
    .click()
  await sendVoice(other)
  await (
    await desk.openMenu(message(desk, '早上八點'))
  )
    .getByRole('menuitem', { name: '回覆', exact: true })
    .click()
  await desk.say('收到，那就星期六見！')
  await message(other, '星期六見').waitFor()
  await (
    await other.openMenu(message(other, '星期六見'))
  )
    .getByRole('menuitemcheckbox', { name: '用 👍 回應' })
    .click()
  await message(desk, '星期六見').locator('[data-reaction]').waitFor()
  await expect.poll(() => desk.page.locator('[data-state]').last().textContent(), SOON).toBe('已讀')
  await take(desk, 'desktop')

  const phone = await enter(me, { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 })
  await phone.page.goto(`/chats/${room}`)
  await message(phone, '星期六見').waitFor()
  await take(phone, 'phone')
})

it('a group with an album, on a desktop', async () => {
  const [, , meiling, jiahao, peishan] = people as [ApiUser, ApiUser, ApiUser, ApiUser, ApiUser]
  await jiahao.say(group, '大家新年聚餐要吃什麼？')
  const hotpot = await meiling.say(group, '火鍋！')
  await peishan.react(group, hotpot, '👍')
  await jiahao.react(group, hotpot, '👍')
  const other = await enter(meiling.username, { viewport: { width: 1000, height: 800 } })
  await other.page.goto(`/chats/${group}`)
  const pictures = [MORNING, undefined, DUSK, NIGHT].map((light, n) => landscape(640, 640, light, n * 2 + 1))
  await send(other, pictures, '去年在阿里山')
  await peishan.say(group, '好懷念！今年再去一次吧')

  const desk = await enter(me, { viewport: { width: 1280, height: 900 }, deviceScaleFactor: 2 })
  await desk.page.goto(`/chats/${group}?panel=info`)
  await desk.say('我來訂位，七點可以嗎？')
  await message(desk, '我來訂位').locator('[data-state]').waitFor()
  for (const member of [jiahao, peishan]) await member.read(group)
  // Opened again it has no unread messages.
  await desk.page.reload()
  await desk.page.locator('[data-member]').first().waitFor()
  await expect.poll(() => desk.page.locator('[data-state]').last().textContent(), SOON).toBe('已讀 3')
  await take(desk, 'group')
})

import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ApiUser } from './api'
import { launch, Person, RUN, SOON } from './person'
import { face, landscape } from './png'

// Takes the pictures of the README: npm run screenshots.
const OUT = fileURLToPath(new URL('../../docs/images/', import.meta.url))
const me = `yating.${RUN}`
const peer = `chihao.${RUN}`
let browser: Browser
let room = ''

beforeAll(async () => {
  browser = await launch()
  const people = await Promise.all(
    [me, peer, `meiling.${RUN}`, `jiahao.${RUN}`, `peishan.${RUN}`].map((name) => ApiUser.register(name)),
  )
  const [yating, chihao, meiling, jiahao, peishan] = people as [ApiUser, ApiUser, ApiUser, ApiUser, ApiUser]
  await yating.rename('林雅婷', '週末去爬山')
  await chihao.rename('陳志豪', '忙碌中')
  await meiling.rename('王美玲', '喝咖啡')
  await jiahao.rename('張家豪')
  await peishan.rename('李佩珊')
  await chihao.setAvatar(face(300, [29, 111, 184]))
  await meiling.setAvatar(landscape(300, 300))
  await jiahao.setAvatar(face(300, [176, 84, 44]))

  const hall = await yating.befriend(peishan)
  await peishan.say(hall, '明天的簡報我放到共用資料夾了')
  await yating.say(hall, '收到，謝謝！')
  const team = await yating.befriend(jiahao)
  await jiahao.say(team, '晚上打球嗎？')
  const coffee = await yating.befriend(meiling)
  const { chatroom_id: group } = await yating.call<{ chatroom_id: string }>('POST', '/chatrooms/', {
    members_id: [meiling.id, jiahao.id],
    chatroom_name: '大學同學會',
  })
  await jiahao.say(group, '大家新年聚餐要吃什麼？')
  await meiling.say(group, '火鍋！')
  await meiling.say(coffee, '星期六一起去嗎？')
  await meiling.say(coffee, '我帶三明治')
  room = await yating.befriend(chihao)
})
afterAll(() => browser.close())

async function enter(name: string, options: Parameters<typeof Person.open>[1]): Promise<Person> {
  const person = await Person.open(browser, options)
  await person.page.goto('/login')
  await person.signIn(name)
  await person.page.waitForURL('**/chats')
  return person
}

it('a conversation on the desktop, and one on a phone', async () => {
  const desk = await enter(me, { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 2 })
  const other = await enter(peer, { viewport: { width: 1000, height: 800 } })
  await other.page.goto(`/chats/${room}`)
  await desk.page.goto(`/chats/${room}`)
  await desk.page.getByText('在線上').filter({ visible: true }).first().waitFor()

  const texts: string[] = []
  const say = async (person: Person, text: string) => {
    await person.say(text)
    texts.push(text)
    await Promise.all([desk.expectTexts(texts), other.expectTexts(texts)])
  }
  await say(other, '早安！週末要不要一起去陽明山？')
  await say(other, '天氣預報說是晴天')
  await say(desk, '好啊！幾點出發？')
  await say(
    other,
    '早上八點在捷運站集合，路線在這裡 https://example.tw/yangmingshan。記得帶水和外套，山上會比較冷。',
  )
  const picture = { name: '山景.png', mimeType: 'image/png', buffer: landscape(960, 540) }
  await other.page.locator('input[type=file]').setInputFiles(picture)
  await say(other, '上次拍的')
  await say(desk, '哇，好漂亮')
  await say(desk, '收到，那就星期六見！')
  await expect.poll(() => desk.page.locator('[data-state]').last().textContent(), SOON).toBe('已讀')
  const image = desk.page.locator('[data-message] img').last()
  await expect
    .poll(() => image.evaluate((img: HTMLImageElement) => img.complete && img.naturalWidth > 0), SOON)
    .toBe(true)
  await desk.page.getByPlaceholder('輸入訊息').blur()
  await desk.page.screenshot({ path: `${OUT}desktop.png` })

  const phone = await enter(me, {
    viewport: { width: 360, height: 740 },
    deviceScaleFactor: 2,
    colorScheme: 'dark',
  })
  await phone.page.goto(`/chats/${room}`)
  await phone.expectTexts(texts)
  await other.page.getByPlaceholder('輸入訊息').pressSequentially('太')
  await phone.page.getByText('陳志豪 正在輸入…').waitFor()
  await phone.page.getByPlaceholder('輸入訊息').blur()
  await phone.page.screenshot({ path: `${OUT}phone-dark.png` })
})

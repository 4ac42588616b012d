import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiUser } from './api'
import { watchGap } from './frames'
import { Gateway } from './gateway'
import { launch, leave, Person, SCREENS, SOON } from './person'

const PAGE = `<!doctype html><meta charset="utf-8"><title>陽明山的三條步道</title>
<meta property="og:site_name" content="登山客">
<meta name="description" content="從捷運站出發，半天就能走完的路線。">`

describe('the preview of a link', () => {
  let browser: Browser
  let gateway: Gateway
  let site: Server
  let address = ''
  let owner: ApiUser
  let friend: ApiUser
  let room = ''
  /** The requests for the page that were not answered yet. */
  const asked: ServerResponse[] = []

  beforeAll(async () => {
    browser = await launch()
    gateway = await Gateway.start({
      CHATROOM__RATES__ENABLED: 'false',
      CHATROOM__PREVIEWS__ENABLED: 'true',
      CHATROOM__PREVIEWS__PRIVATE_NETWORKS: 'true',
    })
    site = createServer((_, response) => asked.push(response)).listen(0, '127.0.0.1')
    await once(site, 'listening')
    address = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
    owner = await ApiUser.register('小湘', undefined, gateway.url)
    friend = await ApiUser.register('阿凌', undefined, gateway.url)
    room = await owner.befriend(friend)
    for (let n = 1; n <= 30; n += 1) await friend.say(room, `第 ${n} 句`)
    await owner.read(room)
  })
  afterAll(async () => {
    await browser.close()
    site.close()
    await gateway.clear()
  })

  function answer(): void {
    const type = { 'content-type': 'text/html; charset=utf-8' }
    for (const response of asked.splice(0)) response.writeHead(200, type).end(PAGE)
  }

  it.each(SCREENS)('comes after its message, and the end stays in sight: %s', async (tag, options) => {
    const person = await Person.open(browser, { ...options, baseURL: gateway.url })
    const { page } = person
    await person.enter(owner.username, room)
    const id = await friend.say(room, `路線在這裡 ${address}/${tag}`)
    const message = page.locator(`[data-message="${id}"]`)
    await message.waitFor()
    await expect.poll(() => asked.length, SOON).toBe(1)
    const card = message.getByRole('link', { name: /陽明山的三條步道/ })
    expect(await card.count()).toBe(0)
    const worst = await watchGap(page)
    answer()
    await card.getByText('從捷運站出發，半天就能走完的路線。').waitFor()
    await card.getByText('登山客').waitFor()
    expect(await worst()).toBeLessThanOrEqual(1)
    expect(await card.getAttribute('href')).toBe(`${address}/${tag}`)
    expect(await card.getAttribute('rel')).toBe('noopener noreferrer nofollow')
    await person.expectNoSideScroll(tag)
    await person.shot(`19-preview-${tag}`)
    await page.reload()
    await card.waitFor()
    await friend.edit(room, id, '路線改天再說')
    await message.getByText('路線改天再說').waitFor()
    await card.waitFor({ state: 'detached' })
    await leave(person)
  })
})

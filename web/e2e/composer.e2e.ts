import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiUser } from './api'
import { launch, OFFLINE, Person, RUN, SCREENS, SOON } from './person'
import { face, landscape } from './png'

const UPLOAD = '**/upload/upload-message-file'
/** The beginning of a document. */
const PDF = Buffer.from('%PDF-1.4\n%%EOF\n')
/** Where files to send are chosen. */
const FILES = 'input[type=file]'

describe('the composer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chatroom-e2e-'))
  let browser: Browser
  let owner: ApiUser
  let other: ApiUser
  let room = ''

  beforeAll(async () => {
    browser = await launch()
    owner = await ApiUser.register(`小芸${RUN}`)
    other = await ApiUser.register(`阿傑${RUN}`)
    room = await owner.befriend(other)
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await browser.close()
  })

  async function enter(options: Parameters<typeof Person.open>[1] = {}): Promise<Person> {
    const person = await Person.open(browser, options)
    await person.enter(owner.username, room)
    return person
  }

  it('says that a folder cannot be sent, and keeps the file beside it', async () => {
    const [album, picture] = [join(folder, '相簿'), join(folder, '山景.png')]
    mkdirSync(album)
    writeFileSync(picture, landscape(300, 200))
    const person = await enter()
    const cdp = await person.context.newCDPSession(person.page)
    const data = { items: [], files: [album, picture], dragOperationsMask: 1 }
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await cdp.send('Input.dispatchDragEvent', { type, x: 700, y: 300, data })
    }
    await person.page.getByText(/無法讀取「相簿」/).waitFor()
    const tray = person.page.getByRole('list', { name: '準備傳送的檔案' })
    await expect.poll(() => tray.getByRole('listitem').count(), SOON).toBe(1)
    await person.say('照片')
    await expect.poll(async () => (await person.texts()).at(-1), SOON).toBe('照片')
    await expect.poll(() => person.page.locator('[data-waiting]').count(), SOON).toBe(0)
    person.expectNoErrors()
    await person.context.close()
  })

  it.each([
    ['vanished', (path: string) => rmSync(path)],
    ['was changed', (path: string) => appendFileSync(path, 'more')],
  ])('fails a file that %s, and sends what follows it', async (how, change) => {
    const path = join(folder, `${how}.pdf`)
    writeFileSync(path, '%PDF-1.4\n%%EOF\n')
    const person = await enter()
    person.allow(/net::ERR_/)
    await person.attach(path)
    change(path)
    await person.page.getByRole('button', { name: '傳送', exact: true }).click()
    await person.say('之後')
    await person.page.getByText('無法讀取檔案，可能已移動或更改').waitFor()
    await expect.poll(() => person.page.locator('[data-waiting]').count(), SOON).toBe(1)
    expect(await person.page.locator('[data-message] .prose-chat').last().textContent()).toBe('之後')
    await person.page.getByRole('button', { name: '刪除' }).click()
    person.expectNoErrors()
    await person.context.close()
  })

  it.each(SCREENS)('cancels an upload, and keeps another over a reload: %s', async (tag, options) => {
    const pictures = ['一.png', '二.png'].map((name) => join(folder, name))
    pictures.forEach((path) => writeFileSync(path, face(400, [29, 111, 184])))
    const person = await enter(options)
    const { page } = person
    let uploads = 0
    await page.route(UPLOAD, (route) => (uploads++ === 0 ? undefined : route.continue()))
    await person.attach(...pictures)
    await person.say('兩張')
    const waiting = page.locator('[data-waiting]')
    await page.locator('[data-waiting=uploading]').waitFor()
    expect(await waiting.count()).toBe(2)
    await person.shot(`11-uploading-${tag}`)

    await waiting.first().getByRole('button', { name: '取消' }).click()
    await expect.poll(() => page.locator('[data-message] img').count(), SOON).toBeGreaterThan(0)
    await expect.poll(() => waiting.count(), SOON).toBe(0)
    const before = await page.locator('[data-message]').count()

    uploads = 0
    await person.attach(...pictures)
    await person.say(`還有兩張 ${tag}`)
    await page.locator('[data-waiting=uploading]').waitFor()
    // What waits is kept before the page is left, so that the browser need not ask.
    const asks = () => page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })))
    await expect.poll(asks, SOON).toBe(false)
    await page.reload()
    await expect.poll(() => page.locator('[data-message]').count(), SOON).toBe(before + 2)
    await expect.poll(() => waiting.count(), SOON).toBe(0)
    expect((await person.texts()).at(-1)).toBe(`還有兩張 ${tag}`)
    await person.expectNoSideScroll(tag)
    person.expectNoErrors()
    await person.context.close()
  })

  it('sends later, and without a sound, by the menu of the button', async () => {
    const person = await enter()
    const { page } = person
    const box = page.getByPlaceholder('輸入訊息')
    const send = page.getByRole('button', { name: '傳送', exact: true })
    await box.fill('明天記得帶傘')
    await send.click({ button: 'right' })
    await page.getByRole('menuitem', { name: '排程傳送' }).click()
    const dialog = page.getByRole('dialog', { name: '排程傳送' })
    await person.shot('16-schedule')
    await dialog.getByRole('button', { name: '明天上午 9 點' }).click()
    const waiting = page.getByRole('region', { name: '排程訊息' })
    await waiting.getByText('1 則排程訊息').click()
    await waiting.getByText('明天記得帶傘').waitFor()
    expect(await box.inputValue()).toBe('')
    await person.shot('16-scheduled')
    await waiting.getByRole('button', { name: '取消這則排程' }).click()
    await waiting.waitFor({ state: 'detached' })

    await box.fill('噓')
    await send.click({ button: 'right' })
    await page.getByRole('menuitem', { name: '無聲傳送' }).click()
    await expect.poll(() => page.locator('[data-waiting]').count(), SOON).toBe(0)
    expect((await person.texts()).at(-1)).toBe('噓')
    const sent = await owner.call<{ content: string; silent?: boolean }[]>(
      'GET',
      `/chatrooms/${room}/messages?limit=1`,
    )
    expect(sent).toMatchObject([{ content: '噓', silent: true }])
    person.expectNoErrors()
    await person.context.close()
  })

  it('takes files that are dropped anywhere, and no dragged text', async () => {
    const path = join(folder, '拖曳.png')
    writeFileSync(path, landscape(60, 40))
    const person = await enter()
    const { page } = person
    const cdp = await person.context.newCDPSession(page)
    const drag = (type: 'dragEnter' | 'dragOver' | 'drop' | 'dragCancel', data: object) =>
      cdp.send('Input.dispatchDragEvent', {
        type,
        x: 200,
        y: 500,
        data: { items: [], files: [], dragOperationsMask: 1, ...data },
      })
    const overlay = page.getByText('放開即可加入檔案')
    const text = { items: [{ mimeType: 'text/plain', data: '一段文字' }] }
    await drag('dragEnter', text)
    await drag('dragOver', text)
    expect(await overlay.count()).toBe(0)
    await drag('dragCancel', text)
    await drag('dragEnter', { files: [path] })
    await overlay.waitFor()
    await drag('dragOver', { files: [path] })
    await drag('drop', { files: [path] })
    await page.getByRole('button', { name: '移除 拖曳.png' }).waitFor()
    await overlay.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: '移除 拖曳.png' }).click()
    await page.goto('/people/friends')
    await page.getByRole('heading', { name: '好友' }).waitFor()
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) await drag(type, { files: [path] })
    await page.getByRole('heading', { name: '好友' }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/people/friends')
    person.expectNoErrors()
    await person.context.close()
  })

  it('sends three dropped files with their progress, and none that was cancelled', async () => {
    const names = ['一月.pdf', '二月.pdf', '三月.pdf']
    const paths = names.map((name) => join(folder, name))
    paths.forEach((path) => writeFileSync(path, Buffer.concat([PDF, Buffer.alloc(400_000, ' ')])))
    const person = await enter()
    person.allow(/net::ERR_ABORTED/)
    const { page } = person
    const cdp = await person.context.newCDPSession(page)
    const data = { items: [], files: paths, dragOperationsMask: 1 }
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await cdp.send('Input.dispatchDragEvent', { type, x: 700, y: 300, data })
    }
    const tray = page.getByRole('list', { name: '準備傳送的檔案' })
    await expect.poll(() => tray.getByRole('listitem').count(), SOON).toBe(3)
    await cdp.send('Network.enable')
    const upload = (uploadThroughput: number) =>
      cdp.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput,
      })
    await upload(200_000)
    const seen: number[] = []
    await page.exposeFunction('progressed', (part: number) => seen.push(part))
    await page.evaluate(() => {
      const { progressed } = window as unknown as { progressed: (part: number) => void }
      new MutationObserver(() => {
        const shown = document.querySelector<HTMLProgressElement>('[data-waiting=uploading] progress')
        if (shown) progressed(shown.value)
      }).observe(document.body, {
        subtree: true,
        childList: true,
        attributes: true,
        attributeFilter: ['value'],
      })
    })
    const aborted = page.waitForEvent('requestfailed', (request) => request.url().includes('/upload/'))
    await page.getByRole('button', { name: '傳送', exact: true }).click()
    await expect.poll(() => seen.filter((part) => part > 0 && part < 1).length, SOON).toBeGreaterThan(1)
    // The first file is the only one on its way.
    const rising = [...seen]
    expect(rising).toEqual(rising.toSorted((a, b) => a - b))
    await page.getByRole('button', { name: '取消傳送 一月.pdf' }).click()
    expect((await aborted).failure()?.errorText).toBe('net::ERR_ABORTED')
    await upload(-1)
    await expect.poll(() => page.locator('[data-waiting]').count(), SOON).toBe(0)
    const sent = await owner.call<{ media: { file_name: string } }[]>(
      'GET',
      `/chatrooms/${room}/messages?limit=2`,
    )
    expect(sent.map(({ media }) => media.file_name)).toEqual(names.slice(1))
    person.expectNoErrors()
    await person.context.close()
  })

  it('says what is too large, also before it is sent once that is known', async () => {
    const path = join(folder, '很大.pdf')
    writeFileSync(path, Buffer.concat([PDF, Buffer.alloc(26 * 1024 * 1024, ' ')]))
    const person = await enter()
    person.allow(/status of 413/)
    const { page } = person
    await person.attach(path)
    await page.getByRole('button', { name: '傳送', exact: true }).click()
    const failed = page.locator('[data-waiting=failed]')
    await failed.getByText('檔案太大').waitFor()
    await failed.getByRole('button', { name: '刪除' }).click()
    await page.locator(FILES).setInputFiles(path)
    await page.getByText('「很大.pdf」太大了，無法傳送。').waitFor()
    expect(await page.getByRole('list', { name: '準備傳送的檔案' }).count()).toBe(0)
    person.expectNoErrors()
    await person.context.close()
  })

  it('sends a file again that was refused, without uploading it again', async () => {
    const path = join(folder, '再試一次.png')
    writeFileSync(path, face(200, [29, 111, 184]))
    const person = await enter()
    person.allow(/status of 403/)
    const { page } = person
    let uploads = 0
    page.on(
      'request',
      (request) => (uploads += request.url().endsWith('/upload/upload-message-file') ? 1 : 0),
    )
    await other.call('PUT', `/friends/blocks/${owner.id}`)
    await person.attach(path)
    await person.say('擋不住')
    const failed = page.locator('[data-waiting=failed]')
    await failed.waitFor()
    await other.call('DELETE', `/friends/blocks/${owner.id}`)
    await failed.getByRole('button', { name: '重送' }).click()
    await expect.poll(() => page.locator('[data-waiting]').count(), SOON).toBe(0)
    expect((await person.texts()).at(-1)).toBe('擋不住')
    expect(uploads).toBe(1)
    person.expectNoErrors()
    await person.context.close()
  })

  it('says of a message that waits for the network that it does', async () => {
    const person = await enter()
    person.allow(OFFLINE)
    await person.context.setOffline(true)
    await person.say('等一下')
    const waiting = person.page.locator('[data-waiting]')
    await waiting.getByText('等待網路連線').waitFor()
    await person.context.setOffline(false)
    await expect.poll(() => waiting.count(), SOON).toBe(0)
    expect((await person.texts()).at(-1)).toBe('等一下')
    person.expectNoErrors()
    await person.context.close()
  })

  it('takes a draft that one tab sends out of the other', async () => {
    const person = await enter()
    const second = await person.context.newPage()
    await second.goto(`/chats/${room}`)
    const box = second.getByPlaceholder('輸入訊息')
    await person.page.getByPlaceholder('輸入訊息').fill('寫在第一個分頁')
    await expect.poll(() => box.inputValue(), SOON).toBe('寫在第一個分頁')
    await person.page.getByPlaceholder('輸入訊息').press('Enter')
    await expect.poll(() => box.inputValue(), SOON).toBe('')
    person.expectNoErrors()
    await person.context.close()
  })

  it.each(SCREENS)(
    'keeps the words of a caption together below a narrow, tall picture: %s',
    async (tag, options) => {
      const path = join(folder, 'tall.png')
      writeFileSync(path, landscape(40, 600))
      const person = await enter(options)
      const caption = `這張長圖的說明文字要能好好閱讀 ${tag}`
      await person.attach(path)
      await person.say(caption)
      const text = person.page.locator('[data-message] .prose-chat', { hasText: caption })
      await text.waitFor()
      await expect.poll(() => person.page.locator('[data-waiting]').count(), SOON).toBe(0)
      expect((await text.boundingBox())?.width).toBeGreaterThan(150)
      await person.shot(`12-caption-${tag}`)

      const box = person.page.getByPlaceholder('輸入訊息')
      await box.fill('字'.repeat(10_001))
      await person.page.getByText('太長了：10,001 個字，最多 10,000 個').waitFor()
      await person.expectNoSideScroll(tag)
      await person.shot(`13-too-long-${tag}`)
      await box.fill('')
      person.expectNoErrors()
      await person.context.close()
    },
  )
})

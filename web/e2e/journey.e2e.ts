import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, Person, RUN, SOON } from './person'
import { face, landscape } from './png'

// One story in order: two users meet, talk, leave and come back.
describe('two people', () => {
  let browser: Browser
  let anna: Person
  let ben: Person
  const names = { anna: `雅婷${RUN}`, ben: `志豪${RUN}` }
  const mails = { anna: `anna.${RUN}@example.tw`, ben: `ben.${RUN}@example.tw` }
  const said: string[] = []

  beforeAll(async () => {
    browser = await launch()
    anna = await Person.open(browser)
    ben = await Person.open(browser)
  })
  afterAll(() => browser.close())

  it('register', async () => {
    await anna.register(names.anna, mails.anna)
    await ben.register(names.ben, mails.ben)
    await anna.page.getByText('還沒有聊天').waitFor()
    await anna.shot('01-empty')
  })

  it('find each other by e-mail and become friends', async () => {
    await anna.page.goto('/people/search')
    await anna.page.getByLabel('電子郵件或使用者名稱').fill(mails.ben.toUpperCase())
    await anna.page.getByRole('button', { name: '搜尋' }).click()
    await anna.page.getByRole('button', { name: '加好友' }).click()
    await anna.page.getByRole('button', { name: '收回邀請' }).waitFor()

    // The badge is updated by an event.
    await ben.page.getByRole('link', { name: /好友.*1 個好友邀請|1 個好友邀請.*好友/ }).click()
    await ben.page.getByText(names.anna, { exact: true }).waitFor()
    await ben.shot('02-request')
    await ben.page.getByRole('button', { name: '接受' }).click()
    await ben.page.getByText('沒有收到邀請').waitFor()

    await anna.page.goto('/people/friends')
    await anna.page.getByText(names.ben, { exact: true }).waitFor()
    await anna.page.getByRole('button', { name: '傳訊息' }).click()
    await anna.page.waitForURL(/\/chats\/[0-9a-f-]{36}$/)
  })

  it('talk both ways, each message once and in order', async () => {
    await ben.page.goto('/chats')
    await ben.page.getByRole('link', { name: new RegExp(names.anna) }).click()
    for (const [person, text] of [
      [anna, '嗨，志豪！'],
      [ben, '你好，雅婷'],
      [anna, '週末要不要去陽明山？'],
      [ben, '好啊，幾點？\n我開車'],
      [anna, 'https://example.tw/route 看這個。'],
    ] as const) {
      await person.say(text)
      said.push(text)
      await Promise.all([anna.expectTexts(said), ben.expectTexts(said)])
    }
    const link = ben.page.locator('[data-message] a[href="https://example.tw/route"]')
    expect(await link.textContent()).toBe('https://example.tw/route')
  })

  it('type faster than the server answers, and order is kept', async () => {
    for (let n = 1; n <= 8; n += 1) {
      const text = `第 ${n} 句`
      await anna.say(text)
      said.push(text)
    }
    await Promise.all([anna.expectTexts(said), ben.expectTexts(said)])
    await anna.shot('03-talk')
  })

  it('see each other typing', async () => {
    await ben.page.getByPlaceholder('輸入訊息').pressSequentially('我想')
    await anna.page.getByText(`${names.ben} 正在輸入…`).waitFor()
    await ben.page.getByPlaceholder('輸入訊息').fill('')
    await anna.page.getByText(`${names.ben} 正在輸入…`).waitFor({ state: 'detached' })
  })

  it('see what is unread, and that it was read', async () => {
    await ben.page.goto('/people/friends')
    for (const text of ['還在嗎？', '記得帶水']) {
      await anna.say(text)
      said.push(text)
    }
    await anna.expectTexts(said)
    const last = anna.page.locator('[data-message]').last()
    expect(await last.locator('[data-state]').textContent()).toBe('已送出')

    await ben.page.getByRole('navigation', { name: '主選單' }).getByText('2 則未讀訊息').waitFor()
    await expect.poll(() => ben.page.title(), SOON).toBe('(2) Chatroom')
    await ben.shot('04-unread')

    await ben.page.goto('/chats')
    await ben.page.getByRole('link', { name: new RegExp(names.anna) }).click()
    await ben.page.getByText('以下是未讀訊息').waitFor()
    await ben.expectTexts(said)
    await expect.poll(() => last.locator('[data-state]').textContent(), SOON).toBe('已讀')
    await expect.poll(() => ben.page.title(), SOON).toBe('Chatroom')
  })

  it('send a picture with a caption', async () => {
    const picture = { name: '山景.png', mimeType: 'image/png', buffer: landscape(900, 600) }
    await anna.page.locator('input[type=file]').setInputFiles(picture)
    await anna.page.getByRole('list', { name: '準備傳送的檔案' }).locator('img').waitFor()
    await anna.say('上次拍的')
    said.push('上次拍的')
    await Promise.all([anna.expectTexts(said), ben.expectTexts(said)])

    const seen = ben.page.locator('[data-message] img').last()
    const shown = () => seen.evaluate((img: HTMLImageElement) => (img.complete ? img.currentSrc : ''))
    // The timeline loads a copy that is as large as it is shown, and the viewer the picture itself.
    await expect.poll(shown, SOON).toMatch(/\/static\/message\/.*size=320$/)
    const box = await seen.boundingBox()
    expect((box?.width ?? 0) / (box?.height ?? 1)).toBeCloseTo(1.5, 1)

    await ben.page.getByRole('button', { name: '開啟圖片：上次拍的' }).click()
    const whole = ben.page.getByRole('dialog').locator('img')
    await expect.poll(() => whole.evaluate((img: HTMLImageElement) => img.naturalWidth), SOON).toBe(900)
    await ben.shot('05-lightbox')
    await ben.page.goBack()
    await expect.poll(() => ben.page.getByRole('dialog').count(), SOON).toBe(0)
    await ben.expectTexts(said)
  })

  it('paste a picture, remove it, and paste another', async () => {
    const paste = (name: string) =>
      anna.page.getByPlaceholder('輸入訊息').evaluate(
        (area, [bytes, file]) => {
          const clipboardData = new DataTransfer()
          clipboardData.items.add(new File([new Uint8Array(bytes)], file, { type: 'image/png' }))
          area.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
        },
        [[...face(64, [90, 20, 120])], name] as const,
      )
    const pictures = () => ben.page.locator('[data-message] img').count()
    const before = await pictures()
    await paste('wrong.png')
    await anna.page.getByRole('button', { name: '移除 wrong.png' }).click()
    await paste('right.png')
    await anna.page.getByRole('button', { name: '移除 right.png' }).waitFor()
    await anna.page.getByRole('button', { name: '傳送', exact: true }).click()
    await expect.poll(pictures, SOON).toBe(before + 1)
    await Promise.all([anna.expectTexts(said), ben.expectTexts(said)])
  })

  it('send a file, and see when one is refused', async () => {
    const pdf = { name: '行程.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4\n%%EOF\n') }
    await ben.page.locator('input[type=file]').setInputFiles(pdf)
    await ben.page.getByRole('button', { name: '傳送', exact: true }).click()
    await anna.page.getByRole('link', { name: /行程\.pdf/ }).waitFor()

    anna.allow(/status of 400/)
    const page = { mimeType: 'text/html', buffer: Buffer.from('<script>1</script>') }
    await anna.page.locator('input[type=file]').setInputFiles({ ...page, name: 'x.html' })
    await anna.page.getByText('不支援「x.html」這種檔案').waitFor()
    expect(await anna.page.getByRole('list', { name: '準備傳送的檔案' }).count()).toBe(0)
    // What a file is in truth, the server finds out.
    const bad = { ...page, name: 'x.pdf', mimeType: 'application/pdf' }
    await anna.page.locator('input[type=file]').setInputFiles(bad)
    await anna.page.getByRole('button', { name: '傳送', exact: true }).click()
    await anna.page.getByText('不支援這種檔案').waitFor()
    await anna.page.getByRole('button', { name: '重送' }).waitFor()
    await anna.page.getByRole('button', { name: '刪除' }).click()
    await anna.expectTexts(said)
  })

  it('unsend a message for both, and delete one for oneself', async () => {
    await anna.say('傳錯人了')
    await anna.expectTexts([...said, '傳錯人了'])
    const wrong = anna.page.locator('[data-message]', { hasText: '傳錯人了' })
    const dialog = anna.page.getByRole('dialog')
    await (await anna.openMenu(wrong)).getByRole('menuitem', { name: '收回' }).click()
    await dialog.getByRole('button', { name: '收回' }).click()
    await anna.page.locator('[data-unsent]').getByText('你已收回訊息').waitFor()
    await ben.page.locator('[data-unsent]').getByText(`${names.anna}已收回訊息`).waitFor()

    const plan = (person: Person) => person.page.locator('[data-message]', { hasText: '行程.pdf' })
    const menu = await anna.openMenu(plan(anna))
    expect(await menu.getByRole('menuitem', { name: '收回' }).count()).toBe(0)
    await menu.getByRole('menuitem', { name: '只從我這裡刪除' }).click()
    await dialog.getByRole('button', { name: '刪除' }).click()
    await expect.poll(() => plan(anna).count(), SOON).toBe(0)
    expect(await plan(ben).count()).toBe(1)
    await Promise.all([anna.expectTexts(said), ben.expectTexts(said)])
  })

  it('pin messages, which both see on top of the room', async () => {
    const bar = ({ page }: Person) => page.getByRole('region', { name: '置頂訊息' })
    for (const text of ['週末要不要去陽明山？', '我開車']) {
      const menu = await anna.openMenu(anna.page.locator('[data-message]', { hasText: text }))
      await menu.getByRole('menuitem', { name: '置頂' }).click()
      await Promise.all([anna, ben].map((person) => bar(person).getByText(text).waitFor()))
    }
    await anna.shot('09-pinned')
    await ben.page.reload()
    await bar(ben).getByRole('button').click()
    const pinned = bar(ben).locator('[data-pin]')
    await expect.poll(() => pinned.count(), SOON).toBe(2)
    await pinned.first().getByRole('button', { name: '取消置頂' }).click()
    await bar(anna).getByText('週末要不要去陽明山？').waitFor()
    const menu = await anna.openMenu(anna.page.locator('[data-message]', { hasText: '陽明山' }))
    await menu.getByRole('menuitem', { name: '取消置頂' }).click()
    await Promise.all([anna, ben].map((person) => bar(person).waitFor({ state: 'detached' })))
  })

  it('answer, edit and react to messages, and forward one', async () => {
    const row = ({ page }: Person, text: string) => page.locator('[data-message]', { hasText: text })
    const item = async (person: Person, text: string, label: string) =>
      (await person.openMenu(row(person, text))).getByRole('menuitem', { name: label }).click()
    await item(ben, '週末要不要去陽明山？', '回覆')
    await ben.page.locator('[data-composing]').getByText(`回覆 ${names.anna}`).waitFor()
    await ben.shot('09-reply')
    await ben.say('去啊')
    said.push('去啊')
    await Promise.all([anna.expectTexts(said), ben.expectTexts(said)])
    expect(await row(anna, '去啊').locator('[data-quote]').textContent()).toContain('週末要不要去陽明山？')

    await item(ben, '去啊', '編輯')
    const box = ben.page.getByPlaceholder('輸入訊息')
    expect(await box.inputValue()).toBe('去啊')
    await ben.say('去啊！')
    said[said.length - 1] = '去啊！'
    await Promise.all([anna.expectTexts(said), ben.expectTexts(said)])
    await row(anna, '去啊！').locator('[data-edited]').waitFor()

    const menu = await anna.openMenu(row(anna, '去啊！'))
    await anna.shot('09-menu')
    await menu.getByRole('menuitemcheckbox', { name: '用 👍 回應' }).click()
    const chip = (person: Person) => row(person, '去啊！').locator('[data-reaction="👍"]')
    await chip(ben).getByRole('button').click()
    await expect.poll(() => chip(anna).getAttribute('title'), SOON).toMatch(/和/)
    await chip(anna).getByRole('button').click()
    await expect.poll(() => chip(ben).getAttribute('title'), SOON).toBe('你')

    await item(anna, '記得帶水', '轉傳')
    const dialog = anna.page.getByRole('dialog', { name: '轉傳到' })
    await dialog.getByRole('checkbox', { name: names.ben }).check()
    await anna.shot('09-forward')
    await dialog.getByRole('button', { name: '轉傳' }).click()
    said.push('記得帶水')
    await Promise.all([anna.expectTexts(said), ben.expectTexts(said)])
    await row(ben, '轉傳的訊息').waitFor()
  })

  it('copy a text', async () => {
    await anna.context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const menu = await anna.openMenu(anna.page.locator('[data-message]', { hasText: '我開車' }))
    await menu.getByRole('menuitem', { name: '複製文字' }).click()
    await anna.page.getByText('已複製').waitFor()
    expect(await anna.page.evaluate(() => navigator.clipboard.readText())).toBe('好啊，幾點？\n我開車')
  })

  it('change name, status and picture, and the other sees it at once', async () => {
    await ben.page.goto('/settings/profile')
    await ben.page.getByLabel('暱稱').fill('阿豪')
    await ben.page.getByLabel('狀態訊息').fill('在路上')
    await ben.page.getByRole('button', { name: '儲存' }).click()
    await ben.page.getByText('已儲存').waitFor()
    const picture = { name: 'me.png', mimeType: 'image/png', buffer: face(600, [29, 111, 184]) }
    await ben.page.locator('input[type=file]').setInputFiles(picture)
    const avatar = ben.page.getByRole('main').locator('img').first()
    await expect
      .poll(() => avatar.evaluate((img: HTMLImageElement) => img.naturalWidth), SOON)
      .toBeGreaterThan(0)
    await ben.shot('06-profile')

    await anna.page.getByRole('heading', { name: '阿豪' }).waitFor()
    const header = anna.page.locator('header img').first()
    await expect
      .poll(() => header.evaluate((img: HTMLImageElement) => img.naturalWidth), SOON)
      .toBeGreaterThan(0)
    await anna.page.getByRole('link', { name: /阿豪/ }).last().click()
    await anna.page.getByText('在路上').waitFor()
    await anna.page.goBack()
  })

  it('reload, and everything is there', async () => {
    await anna.page.reload()
    await anna.expectTexts(said)
    await anna.page.getByRole('heading', { name: '阿豪' }).waitFor()
    await anna.shot('07-desktop-light')
  })

  it('leave, and come back to what was said meanwhile', async () => {
    const state = await ben.context.storageState()
    ben.expectNoErrors()
    await ben.context.close()
    for (let n = 1; n <= 3; n += 1) {
      await anna.say(`你不在時的第 ${n} 句`)
      said.push(`你不在時的第 ${n} 句`)
    }
    await anna.expectTexts(said)

    ben = await Person.open(browser, { storageState: state, colorScheme: 'dark' })
    await ben.page.goto('/chats')
    await ben.page.getByRole('link', { name: new RegExp(names.anna) }).click()
    await ben.page.getByText('以下是未讀訊息').waitFor()
    await ben.expectTexts(said)
    await ben.shot('08-desktop-dark')
  })

  it('lose the connection, see that, and miss nothing', async () => {
    const sockets: { close: () => Promise<void> }[] = []
    let down = false
    await anna.page.routeWebSocket(/\/socket\.io\//, (socket) => {
      // A malformed packet counts as a failed connection; a clean close would delay the next attempt.
      if (down) socket.send('?')
      else {
        socket.connectToServer()
        sockets.push(socket)
      }
    })
    await anna.page.reload()
    await anna.expectTexts(said)
    await expect.poll(() => sockets.length, SOON).toBeGreaterThan(0)

    down = true
    await Promise.all(sockets.map((socket) => socket.close()))
    await anna.page.getByText('連線中斷，正在重新連線…').waitFor()
    await ben.say('聽得到嗎？')
    said.push('聽得到嗎？')
    await ben.expectTexts(said)
    // Without the socket a message is sent over REST.
    await anna.say('我這邊斷線了')
    said.push('我這邊斷線了')
    await ben.expectTexts(said)

    down = false
    await anna.page.getByText('連線中斷，正在重新連線…').waitFor({ state: 'detached' })
    await anna.expectTexts(said)
  })

  it('sign out, and Back shows nothing', async () => {
    anna.expectNoErrors()
    await anna.signOut()
    await anna.page.goBack()
    await anna.page.waitForURL(/\/login/)
    await anna.page.getByRole('button', { name: '登入' }).waitFor()
    expect(await anna.page.locator('body').textContent()).not.toContain('阿豪')
    expect(
      await anna.page.evaluate(() =>
        Object.keys(localStorage).filter((key) => /draft|outbox|session/.test(key)),
      ),
    ).toEqual([])
  })

  it('sign in with a wrong and with the right password, and go where they wanted', async () => {
    anna.allow(/status of 401/)
    await anna.page.goto('/people/friends')
    await anna.page.waitForURL('**/login?return=/people/friends')
    await anna.signIn(mails.anna, 'wrong-password')
    await anna.page.getByText('使用者名稱或密碼不正確').waitFor()
    await anna.signIn(mails.anna)
    await anna.page.waitForURL('**/people/friends')
    await anna.page.getByText('阿豪').first().waitFor()
  })

  it('sign out everywhere, and the other window follows', async () => {
    const second = await Person.open(browser)
    second.allow(/status of 401/)
    await second.start(names.anna)
    await second.page.goto('/settings/account')
    await second.page.getByRole('button', { name: '登出所有裝置' }).click()
    await second.page.getByRole('dialog').getByRole('button', { name: '登出所有裝置' }).click()
    await second.page.waitForURL(/\/login/)
    await anna.page.waitForURL(/\/login\?return=/)
    second.expectNoErrors()
    await second.context.close()
  })

  it('no errors were recorded', () => {
    anna.expectNoErrors()
    ben.expectNoErrors()
  })
})

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from 'playwright-core'
import { expect } from 'vitest'

/** The gateway under test. */
export const BASE_URL = (process.env['GATEWAY_URL'] ?? '').replace(/\/$/, '')
if (!BASE_URL) throw new Error('BASE_URL must name a running gateway, such as http://127.0.0.1:8000')

const SHOTS = process.env['SHOTS_DIR']
/** The deadline of everything the tests wait for. */
export const SOON = { timeout: 10_000 }
export const PASSWORD = 'correct-horse-9'
/** A suffix that makes the names of a run unique in its database. */
export const RUN = Date.now().toString(36).slice(-6)

/** Starts the browser. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // The microphone of the tests beeps.
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
    ],
  })
}

/** What the browser logs of requests, and of its look for a new service worker, without a network. */
export const OFFLINE = /ERR_INTERNET_DISCONNECTED|net::ERR_FAILED|error occurred when fetching the script/

/** What the browser logs when a page is left while it connects. */
export const CONNECTING = /WebSocket is closed before the connection is established/

/** A desktop and a phone, for tests that look at both. */
export const SCREENS = [
  ['1280-light', { viewport: { width: 1280, height: 800 }, colorScheme: 'light' }],
  ['360-dark', { viewport: { width: 360, height: 640 }, colorScheme: 'dark' }],
] as const

/** A user with a browser context of their own, which records every error in it. */
export class Person {
  readonly errors: string[] = []
  private allowed: RegExp[] = []

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly origin: string,
  ) {}

  static async open(browser: Browser, options: BrowserContextOptions = {}): Promise<Person> {
    const context = await browser.newContext({
      baseURL: BASE_URL,
      locale: 'zh-TW',
      timezoneId: 'Asia/Taipei',
      viewport: { width: 1280, height: 800 },
      ...options,
    })
    context.setDefaultTimeout(SOON.timeout)
    const person = new Person(context, await context.newPage(), options.baseURL ?? BASE_URL)
    await person.watch()
    return person
  }

  private async watch(): Promise<void> {
    const { page, errors, origin } = this
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        errors.push(`console: ${message.text()} (${message.location().url})`)
      }
    })
    page.on('pageerror', (error) => errors.push(`uncaught: ${error.message}`))
    page.on('request', (request) => {
      const url = new URL(request.url())
      if (/^https?:$/.test(url.protocol) && url.origin !== origin) errors.push(`foreign request: ${url.href}`)
    })
    await page.exposeFunction('reportViolation', (text: string) => errors.push(`CSP: ${text}`))
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        const report = (window as unknown as { reportViolation: (text: string) => void }).reportViolation
        report(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`)
      })
    })
  }

  /** Allows errors that a test provokes, such as a refused sign-in. */
  allow(pattern: RegExp): void {
    this.allowed.push(pattern)
  }

  /** Asserts that no other errors were recorded. */
  expectNoErrors(): void {
    expect(this.errors.filter((error) => !this.allowed.some((pattern) => pattern.test(error)))).toEqual([])
  }

  async register(username: string, email: string): Promise<void> {
    const { page } = this
    await page.goto('/register')
    await page.getByLabel('使用者名稱').fill(username)
    await page.getByLabel('電子郵件').fill(email)
    await page.getByLabel('密碼', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: '註冊' }).click()
    await page.waitForURL('**/chats')
  }

  async signIn(name: string, password = PASSWORD): Promise<void> {
    const { page } = this
    await page.getByLabel('使用者名稱或電子郵件').fill(name)
    await page.getByLabel('密碼', { exact: true }).fill(password)
    await page.getByRole('button', { name: '登入' }).click()
  }

  /** Signs out here, in the settings. */
  async signOut(): Promise<void> {
    const { page } = this
    this.allow(CONNECTING)
    await page.goto('/settings/account')
    await page.locator('[data-session]').first().waitFor()
    await page.getByRole('button', { name: '登出', exact: true }).click()
    await page.waitForURL('**/login')
  }

  /** Opens the page that an invite link leads to. */
  async follow(link: string): Promise<void> {
    await this.page.goto(new URL(link).pathname)
  }

  /** Opens the client, and signs in. */
  async start(name: string): Promise<void> {
    await this.page.goto('/login')
    await this.signIn(name)
    await this.page.waitForURL('**/chats')
  }

  /** Signs in and opens a room. */
  async enter(name: string, room: string): Promise<void> {
    await this.start(name)
    await this.page.goto(`/chats/${room}`)
    await this.page.getByPlaceholder('輸入訊息').waitFor()
  }

  /** Attaches files by their paths, which the browser reads when they are sent. */
  async attach(...paths: string[]): Promise<void> {
    await this.page.locator('input[type=file]').setInputFiles(paths)
    for (const path of paths) {
      const name = path.split('/').at(-1) ?? ''
      await this.page.getByRole('button', { name: `移除 ${name}` }).waitFor()
    }
  }

  /** Sends a text in the open room with Enter. */
  async say(text: string): Promise<void> {
    const box = this.page.getByPlaceholder('輸入訊息')
    await box.fill(text)
    await box.press('Enter')
  }

  /** The texts of the open room from top to bottom, with those in the outbox. */
  texts(): Promise<string[]> {
    return this.page
      .locator(':is([data-message], [data-album], [data-waiting]) .prose-chat')
      .evaluateAll((nodes) => nodes.map((node) => node.textContent.trim()))
  }

  /** Waits until the open room shows exactly these texts, all sent. */
  async expectTexts(texts: string[]): Promise<void> {
    await expect.poll(() => this.texts(), SOON).toEqual(texts)
    await expect.poll(() => this.page.locator('[data-waiting]').count(), SOON).toBe(0)
  }

  /** Opens the menu of a message in the open room. */
  async openMenu(message: Locator): Promise<Locator> {
    await message.hover()
    await message.getByRole('button', { name: '訊息選單' }).click()
    const menu = this.page.getByRole('menu')
    await menu.waitFor()
    await menu.evaluate((shown) => Promise.all(shown.getAnimations().map((each) => each.finished)))
    return menu
  }

  async expectNoSideScroll(where: string): Promise<void> {
    const wider = await this.page.evaluate(() =>
      [document.documentElement, document.getElementById('main')]
        .filter((box) => box && box.scrollWidth > box.clientWidth)
        .map((box) => `${box?.localName} ${box?.scrollWidth} > ${box?.clientWidth}`),
    )
    expect([where, wider]).toEqual([where, []])
  }

  async shot(name: string): Promise<void> {
    if (!SHOTS) return
    mkdirSync(SHOTS, { recursive: true })
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`) })
  }
}

/** Waits until the page has shown a frame. */
export function frame(page: Page): Promise<void> {
  return page.evaluate(
    () =>
      new Promise<void>((resolve) =>
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = () => resolve()
          port2.postMessage(null)
        }),
      ),
  )
}

/** Closes what these people had open, where nothing may have gone wrong. */
export async function leave(...people: Person[]): Promise<void> {
  for (const person of people) {
    person.expectNoErrors()
    await person.context.close()
  }
}

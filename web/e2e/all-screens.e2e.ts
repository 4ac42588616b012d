import { readdirSync, readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Gateway } from './gateway'
import { axe, cutTexts, foreignTexts, loadAxe, outside, settle } from './inspect'
import { leave, launch, PASSWORD, Person } from './person'
import type { Screen } from './screen'
import { screens, SIGNED_OUT } from './screens'
import { seed, type Seed } from './seed'
import { speak, textsOf, type Language, type Texts } from './texts'

const WIDE = { width: 1280, height: 800 }
const PHONE = { width: 360, height: 640 }
const SMALL = { width: 320, height: 568 }

let browser: Browser
let gateway: Gateway
let all: Seed

beforeAll(async () => {
  browser = await launch()
  gateway = await Gateway.start({ CHATROOM__RATES__ENABLED: 'false' })
  all = await seed(gateway)
})
afterAll(async () => {
  await browser.close()
  await gateway.clear()
})

async function open(language: Language): Promise<Person> {
  const person = await Person.open(browser, {
    baseURL: gateway.url,
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
    serviceWorkers: 'block',
  })
  person.allow(/Service Worker registration blocked|status of 40[14]/)
  await speak(person.page, language)
  return person
}

/** Goes to an address inside the loaded client. */
async function go({ page }: Person, path: string): Promise<void> {
  await page.evaluate((to) => {
    history.pushState(null, '', to)
    dispatchEvent(new PopStateEvent('popstate'))
  }, path)
}

type Look = (person: Person, name: string) => Promise<string[]>

/** Shows each screen, looks at it, and leaves it; returns what was found, also that one cannot be shown. */
async function visit(person: Person, t: Texts, list: readonly Screen[], look: Look): Promise<string[]> {
  const { page } = person
  const findings: string[] = []
  for (const screen of list) {
    await go(person, screen.path)
    const found = await screen.show(page, t).then(
      () => look(person, screen.name),
      (error: unknown) => [String(error)],
    )
    findings.push(...found.map((finding) => `${screen.name} ${finding}`))
    await page.setViewportSize(WIDE)
    await page.keyboard.press('Escape')
    // In a field for searching, the first one removes what is searched for.
    while ((await page.locator('dialog[open]').count()) > 0) await page.keyboard.press('Escape')
    await go(person, '/settings')
  }
  return findings
}

/** Looks at all screens in a language, signed out and signed in. */
async function visitAll(language: Language, look: Look): Promise<string[]> {
  const t = textsOf(language)
  const person = await open(language)
  const { page } = person
  await page.goto('/login')
  await loadAxe(page)
  const findings = await visit(person, t, SIGNED_OUT, look)
  await go(person, '/login')
  await page.getByLabel(t('sign.name')).fill(all.me.username)
  await page.getByLabel(t('sign.password'), { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: t('sign.in'), exact: true }).click()
  await page.waitForURL('**/chats')
  findings.push(...(await visit(person, t, screens(all), look)))
  await leave(person)
  return findings
}

async function fits({ page }: Person, tag: string): Promise<string[]> {
  return [...(await outside(page)), ...(await cutTexts(page))].map((finding) => `${tag}: ${finding}`)
}

/** The sizes and themes in which axe looks at a screen, each reached from the one before by one change. */
const LOOKS = [
  ['wide-light', WIDE, 'light'],
  ['wide-dark', WIDE, 'dark'],
  ['phone-dark', PHONE, 'dark'],
  ['phone-light', PHONE, 'light'],
] as const

/** Looks at a screen in both sizes and both themes, and whether it fits a small phone. */
const lookAtAll: Look = async (person, name) => {
  const { page } = person
  const findings: string[] = []
  for (const [tag, viewport, colorScheme] of LOOKS) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    await settle(page, colorScheme)
    // By anything but its colours a screen is the same in both themes.
    const found = await axe(page, colorScheme === 'dark')
    findings.push(...found.map((finding) => `${tag}: ${finding}`))
    if (colorScheme === 'light') findings.push(...(await fits(person, tag)))
    await person.shot(`screen-${tag}-${name}`)
  }
  await page.setViewportSize(SMALL)
  await settle(page, 'light')
  findings.push(...(await fits(person, 'small')))
  return findings
}

it('W20 every screen has room for longer texts, and none that stands outside the locale files', async () => {
  const look: Look = async (person, name) => {
    const { page } = person
    const findings = (await foreignTexts(page)).map((text) => `not in the locale files: ${text}`)
    for (const [size, viewport] of [
      ['wide', WIDE],
      ['phone', PHONE],
    ] as const) {
      await page.setViewportSize(viewport)
      await settle(page, 'light')
      findings.push(...(await fits(person, size)))
      await person.shot(`pseudo-${size}-${name}`)
    }
    return findings
  }
  expect(await visitAll('pseudo', look)).toEqual([])
}, 600_000)

it.each(['zh-TW', 'en', 'ja'] as const)(
  'W11 W13 every screen fits, and is free of what axe can find: %s',
  async (language) => {
    expect(await visitAll(language, lookAtAll)).toEqual([])
  },
  // Some 70 screens, each about a second.
  600_000,
)

it('the screens open everything that can be opened', () => {
  const source = resolve(import.meta.dirname, '../src')
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.vue'),
  )
  const opens = /<(BaseDialog|ConfirmDialog|BaseMenu|MenuButton|RoomPanel|PickerPanel|MentionList|dialog)\b/g
  const elements = files
    .filter((file) => !file.includes('/base/'))
    .flatMap((file) =>
      [...readFileSync(resolve(source, file), 'utf8').matchAll(opens)].map(
        ([, element]) => `${basename(file, '.vue')} ${element}`,
      ),
    )
  const shown = screens(all).flatMap((screen) => screen.opens ?? [])
  expect([...new Set(shown)].sort()).toEqual([...new Set(elements)].sort())
})

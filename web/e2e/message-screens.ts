import type { Locator, Page } from 'playwright-core'
import { press, says, type Screen } from './screen'
import type { Seed } from './seed'
import type { Texts } from './texts'

const box = (page: Page, t: Texts): Locator => page.getByPlaceholder(t('composer.placeholder'))

/** Opens the menu of a message, and chooses from it. */
function menu(text: (t: Texts) => string, ...keys: string[]) {
  return async (page: Page, t: Texts): Promise<void> => {
    const message = page.locator('[data-message]', { hasText: text(t) }).first()
    await message.hover()
    await message
      .getByRole('button', { name: t('messages.menu.label') })
      .first()
      .click()
    await page.getByRole('menu').waitFor()
    for (const key of keys) await page.getByRole('menuitem', { name: t(key), exact: true }).click()
  }
}

/** Opens a dialog from the menu of a message. */
const dialog = (text: string, key: string) => async (page: Page, t: Texts) => {
  await menu(() => text, key)(page, t)
  await page.getByRole('dialog').waitFor()
}

const OWN = '我帶水和水果'
const OTHER = '星期六早上九點'

/** What is done in a room with its messages, and with the one that is written. */
export function messageScreens({ room, group, picture }: Seed): Screen[] {
  const path = `/chats/${room}`
  return [
    { name: 'room', path, show: (page) => page.locator('[data-message]', { hasText: '收到' }).waitFor() },
    {
      name: 'pinned-and-scheduled',
      path,
      show: async (page, t) => {
        await page
          .getByRole('region', { name: t('messages.pinned') })
          .getByRole('button')
          .first()
          .click()
        await press(page, t('composer.schedule.count', { count: 1 }))
        await page.locator('[data-scheduled]').waitFor()
      },
    },
    { name: 'menu-own', path, opens: ['MessageMenu MenuButton'], show: menu(() => OWN) },
    { name: 'menu-other', path, show: menu(() => OTHER) },
    { name: 'menu-unsent', path, show: menu((t) => t('messages.unsentByYou')) },
    { name: 'select', path, show: menu(() => OWN, 'messages.menu.select') },
    {
      name: 'unsend',
      path,
      opens: ['ConfirmMessages ConfirmDialog'],
      show: dialog(OWN, 'messages.menu.unsend'),
    },
    { name: 'hide', path, show: dialog(OTHER, 'messages.menu.hide') },
    {
      name: 'forward',
      path,
      opens: ['ForwardDialog BaseDialog'],
      show: dialog(OTHER, 'messages.menu.forward'),
    },
    {
      name: 'react',
      path,
      opens: ['ReactionDialog BaseDialog'],
      show: async (page, t) => {
        await menu(() => OTHER, 'messages.menu.moreReactions')(page, t)
        await page.locator('[data-emoji-picker] [role=group] button').last().waitFor()
      },
    },
    {
      name: 'readers',
      path: `/chats/${group}`,
      opens: ['ReadersDialog BaseDialog'],
      show: dialog('這週末有空嗎', 'messages.menu.readers'),
    },
    {
      name: 'picture',
      path: `${path}?media=${picture}`,
      opens: ['MediaViewer dialog'],
      show: (page) => page.getByRole('dialog').getByRole('img').waitFor(),
    },
    {
      name: 'emoji',
      path,
      opens: ['PickerButton PickerPanel'],
      show: async (page, t) => {
        await press(page, t('emoji.panel'))
        await page.locator('[data-emoji-picker] button', { hasText: '😀' }).waitFor()
      },
    },
    {
      name: 'stickers',
      path,
      show: async (page, t) => {
        await press(page, t('emoji.panel'))
        await press(page, t('emoji.tabs.stickers'))
        await says('stickers.add')(page, t)
      },
    },
    {
      name: 'mention',
      path: `/chats/${group}`,
      opens: ['MessageComposer MentionList'],
      show: async (page, t) => {
        await box(page, t).pressSequentially('@')
        await page.getByRole('listbox').waitFor()
      },
    },
    {
      name: 'recording',
      path: `/chats/${group}`,
      show: async (page, t) => {
        await box(page, t).fill('')
        await press(page, t('composer.voice.record'))
        await page
          .getByRole('group', { name: t('composer.voice.recording') })
          .getByText('0:01')
          .waitFor()
      },
    },
    { name: 'send-menu', path, opens: ['SendButton BaseMenu'], show: sendMenu },
    {
      name: 'schedule',
      path,
      opens: ['ScheduleDialog BaseDialog'],
      show: async (page, t) => {
        await sendMenu(page, t)
        await page.getByRole('menuitem', { name: t('composer.schedule.title') }).click()
        await page.getByRole('dialog').waitFor()
      },
    },
    // What these leave in the composer is not for others.
    { name: 'reply', path, show: menu(() => OTHER, 'messages.menu.reply') },
    { name: 'edit', path, show: menu(() => OWN, 'messages.menu.edit') },
    {
      name: 'files',
      path: `/chats/${group}`,
      show: async (page, t) => {
        const files = ['甲.png', '乙.pdf'].map((name) => ({
          name,
          mimeType: 'text/plain',
          buffer: Buffer.from(name),
        }))
        await page.locator('form input[type=file]').first().setInputFiles(files)
        await page.getByRole('button', { name: t('composer.removeFile', { name: '乙.pdf' }) }).waitFor()
      },
    },
  ]
}

async function sendMenu(page: Page, t: Texts): Promise<void> {
  await box(page, t).fill('晚一點再說')
  await page.getByRole('button', { name: t('composer.send'), exact: true }).click({ button: 'right' })
  await page.getByRole('menu').waitFor()
}

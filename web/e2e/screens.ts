import type { Page } from 'playwright-core'
import { messageScreens } from './message-screens'
import { asks, press, says, type Screen } from './screen'
import type { Seed } from './seed'
import type { Texts } from './texts'

/** Opens the menu of a member beside the messages, and chooses from it. */
async function choose(page: Page, button: string, item?: string): Promise<void> {
  await press(page.locator('[data-panel]'), button)
  await page.getByRole('menu').waitFor()
  if (item === undefined) return
  await page.getByRole('menuitem', { name: item, exact: true }).click()
  await page.getByRole('dialog').waitFor()
}

/** What is seen without signing in. */
export const SIGNED_OUT: readonly Screen[] = [
  { name: 'sign-in', path: '/login', show: says('sign.noAccount') },
  { name: 'register', path: '/register', show: says('sign.haveAccount') },
  {
    name: 'sign-in-refused',
    path: '/login',
    show: async (page, t) => {
      await page.getByLabel(t('sign.name')).fill('小梅')
      await page.getByLabel(t('sign.password'), { exact: true }).fill('不對的密碼')
      await press(page, t('sign.in'))
      await says('sign.wrong')(page, t)
    },
  },
]

const PEOPLE = ({ friend, stranger, long, join, invite }: Seed): Screen[] => [
  { name: 'friends', path: '/people/friends', show: says('people.message') },
  { name: 'received', path: '/people/received', show: says('people.accept') },
  { name: 'sent', path: '/people/sent', show: says('people.cancel') },
  { name: 'people-search', path: '/people/search', show: says('people.searchHint') },
  {
    name: 'people-found',
    path: '/people/search',
    show: async (page, t) => {
      await page.getByLabel(t('people.searchLabel')).fill(stranger.username)
      await press(page, t('people.search'))
      await says('people.handle', { name: stranger.username })(page, t)
    },
  },
  {
    name: 'people-nobody',
    path: '/people/search',
    show: async (page, t) => {
      await page.getByLabel(t('people.searchLabel')).fill('沒有這個人')
      await press(page, t('people.search'))
      await says('people.nobodyText')(page, t)
    },
  },
  {
    name: 'own-invite',
    path: '/people/search',
    opens: ['OwnInvite ConfirmDialog'],
    show: async (page, t) => {
      await press(page, t('people.invite.show'))
      await asks('people.invite.renew')(page, t)
    },
  },
  { name: 'person', path: `/u/${friend.id}`, show: says('people.remove') },
  { name: 'long-name', path: `/u/${long.id}`, show: says('people.remove') },
  {
    name: 'person-remove',
    path: `/u/${friend.id}`,
    opens: ['PersonActions ConfirmDialog'],
    show: asks('people.remove'),
  },
  {
    name: 'person-block',
    path: `/u/${friend.id}`,
    opens: ['SafetyActions ConfirmDialog'],
    show: asks('people.block'),
  },
  {
    name: 'person-report',
    path: `/u/${friend.id}`,
    opens: ['ReportDialog BaseDialog'],
    show: asks('report.action'),
  },
  { name: 'join', path: `/join/${join}`, show: says('invite.join') },
  { name: 'accept-invite', path: `/invite/${invite}`, show: says('people.add') },
  { name: 'invite-gone', path: `/invite/${'0'.repeat(invite.length)}`, show: says('invite.goneText') },
]

const SETTINGS = ({ me }: Seed): Screen[] => [
  { name: 'settings', path: '/settings', show: says('settings.sections.about') },
  { name: 'profile', path: '/settings/profile', show: says('settings.changeAvatar') },
  { name: 'appearance', path: '/settings/appearance', show: says('settings.themes.system') },
  { name: 'notifications', path: '/settings/notifications', show: says('notifications.preview') },
  { name: 'privacy', path: '/settings/privacy', show: says('people.unblock') },
  { name: 'account', path: '/settings/account', show: says('settings.thisSession') },
  {
    name: 'sign-out-everywhere',
    path: '/settings/account',
    opens: ['AccountForm ConfirmDialog'],
    show: asks('settings.signOutAll'),
  },
  {
    name: 'delete-account',
    path: '/settings/account',
    opens: ['DeleteAccount ConfirmDialog'],
    show: asks('settings.delete'),
  },
  { name: 'about', path: '/settings/about', show: says('settings.about.clear') },
  {
    name: 'shortcuts',
    path: '/settings/about',
    opens: ['ShortcutHelp BaseDialog'],
    show: async (page, t) => {
      await says('settings.about.clear')(page, t)
      await page.keyboard.press('Control+/')
      await page.getByRole('dialog', { name: t('shortcuts.title') }).waitFor()
    },
  },
  { name: 'share', path: '/share', show: says('share.nothing') },
  { name: 'not-found', path: '/settings/nowhere', show: says('notFound.title') },
  { name: 'administration', path: '/settings/administration/people', show: says('admin.people.suspend') },
  {
    name: 'suspend',
    path: '/settings/administration/people',
    opens: ['AdminPeople ConfirmDialog'],
    show: asks('admin.people.suspend'),
  },
  { name: 'reports', path: '/settings/administration/reports', show: says('admin.reports.close') },
  { name: 'statistics', path: '/settings/administration/statistics', show: says('admin.statistics.storage') },
  {
    name: 'audit',
    path: '/settings/administration/audit',
    show: (page) => page.getByText(me.username).filter({ visible: true }).first().waitFor(),
  },
]

const PROGRAMS = ({ bot }: Seed): Screen[] => [
  { name: 'programs', path: '/settings/programs', show: says('programs.bots.text') },
  {
    name: 'make-token',
    path: '/settings/programs',
    opens: ['TokenDialog BaseDialog'],
    show: asks('programs.tokens.make'),
  },
  {
    name: 'new-token',
    path: '/settings/programs',
    show: async (page, t) => {
      await asks('programs.tokens.make')(page, t)
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel(t('programs.tokens.name')).fill('鬧鐘')
      await dialog.getByRole('checkbox').first().check()
      await press(dialog, t('programs.tokens.make'))
      await says('secret.once')(page, t)
    },
  },
  {
    name: 'revoke-token',
    path: '/settings/programs',
    opens: ['TokenList ConfirmDialog'],
    show: asks('programs.tokens.revoke', { name: '備份程式' }),
  },
  {
    name: 'make-bot',
    path: '/settings/programs',
    opens: ['BotDialog BaseDialog'],
    show: asks('programs.bots.make'),
  },
  { name: 'bot', path: `/settings/programs/${bot}`, show: says('programs.webhooks.change') },
  {
    name: 'bot-delete',
    path: `/settings/programs/${bot}`,
    opens: ['BotPage ConfirmDialog'],
    show: asks('programs.bots.delete'),
  },
  {
    name: 'make-webhook',
    path: `/settings/programs/${bot}`,
    opens: ['WebhookDialog BaseDialog'],
    show: asks('programs.webhooks.make'),
  },
  {
    name: 'delete-webhook',
    path: `/settings/programs/${bot}`,
    opens: ['WebhookCard ConfirmDialog'],
    show: async (page, t) => {
      await press(page, t('programs.deliveries.title'))
      await says('programs.deliveries.reload')(page, t)
      await asks('common.delete')(page, t)
    },
  },
]

const ROOMS = ({ friend, room, group, request }: Seed): Screen[] => [
  { name: 'chats', path: '/chats', show: (page) => page.locator('[data-region=rooms] a').first().waitFor() },
  {
    name: 'requests',
    path: '/chats',
    show: async (page, t) => {
      await page.getByRole('button', { name: t('rooms.folders.requests') }).click()
      await page.getByRole('heading', { name: t('rooms.folders.requests') }).waitFor()
    },
  },
  { name: 'new-chat', path: '/chats', opens: ['NewChatDialog BaseDialog'], show: makeGroup },
  {
    name: 'switcher',
    path: '/chats',
    opens: ['SwitchDialog BaseDialog'],
    show: async (page, t) => {
      await page.getByRole('button', { name: t('rooms.new') }).waitFor()
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox', { name: t('search.everywhere') }).fill('捷運')
      await page.getByRole('option').first().waitFor()
    },
  },
  {
    name: 'room-menu',
    path: `/chats/${group}`,
    opens: ['RoomMenu MenuButton'],
    show: async (page, t) => {
      const row = page.locator('[data-region=rooms] .group', { hasText: '大學同學會' })
      await row.getByRole('link').click({ button: 'right' })
      await page.getByRole('menuitem', { name: t('rooms.leave') }).waitFor()
    },
  },
  {
    name: 'leave-group',
    path: `/chats/${group}`,
    opens: ['RoomMenu ConfirmDialog'],
    show: async (page, t) => {
      const header = page.locator('header', { has: page.locator('[data-search]') })
      await press(header, t('rooms.menu.label', { name: '大學同學會' }))
      await page.getByRole('menuitem', { name: t('rooms.leave') }).click()
      await page.getByRole('dialog').waitFor()
    },
  },
  { name: 'request', path: `/chats/${request}`, show: says('rooms.request.text') },
  {
    name: 'room-info',
    path: `/chats/${room}?panel=info`,
    opens: ['Room RoomPanel'],
    show: says('rooms.webhooks.title'),
  },
  {
    name: 'group-info',
    path: `/chats/${group}?panel=info`,
    show: async (page, t) => {
      await press(page, t('rooms.invites.make'))
      await page.getByLabel(t('share.link'), { exact: true }).waitFor()
    },
  },
  {
    name: 'member-menu',
    path: `/chats/${group}?panel=info`,
    opens: ['MemberMenu MenuButton'],
    show: (page, t) => choose(page, t('rooms.members.menu', { name: friend.username })),
  },
  {
    name: 'hand-over',
    path: `/chats/${group}?panel=info`,
    opens: ['MemberMenu ConfirmDialog'],
    show: (page, t) =>
      choose(page, t('rooms.members.menu', { name: friend.username }), t('rooms.members.handOver')),
  },
  {
    name: 'add-members',
    path: `/chats/${group}?panel=info`,
    opens: ['AddMembersDialog BaseDialog'],
    show: asks('rooms.members.add'),
  },
  {
    name: 'room-webhook',
    path: `/chats/${group}?panel=info`,
    opens: ['RoomWebhooks ConfirmDialog'],
    show: asks('rooms.webhooks.remove', { name: '氣象站' }),
  },
  {
    name: 'room-search',
    path: `/chats/${room}?panel=search`,
    show: async (page, t) => {
      await page.getByLabel(t('search.messages')).fill('捷運')
      await page.locator('[data-hit]').first().waitFor()
    },
  },
]

async function makeGroup(page: Page, t: Texts): Promise<void> {
  await asks('rooms.new')(page, t)
  for (const friend of await page.getByRole('checkbox').all()) await friend.check()
  await says('rooms.groupName')(page, t)
}

/** All screens of somebody who has signed in. */
export function screens(seed: Seed): Screen[] {
  return [PEOPLE, SETTINGS, PROGRAMS, ROOMS, messageScreens].flatMap((part) => part(seed))
}

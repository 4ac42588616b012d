import { kept } from '../src/lib/keep'
import type { Push, RoomRead, ToPage } from '../src/lib/workerMessages'

declare const self: ServiceWorkerGlobalScope

/** What a notification remembers of its message. */
interface Shown {
  room: string
  message: number
  seq: number
}

const NAME = 'Chatroom'
const FALLBACK = 'zh-TW'
const tagOf = (room: string) => `room-${room}`
const pathOf = (room: string) => `/chats/${room}`

/** One after another, so that what several pages and a push say of a message is shown once. */
let turn: Promise<void> = Promise.resolve()

/** Takes a push, or what a page says of a message that it received. */
export function received(what: Push | RoomRead, by: 'push' | 'page'): Promise<void> {
  turn = turn.then(() => (what.type === 'message' ? show(what, by) : close(what))).catch(() => undefined)
  return turn
}

async function show(push: Push, by: 'push' | 'page'): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  // A page in front says itself what comes in; one that lost its connection may not know of it.
  const isInFront = windows.some((client) => client.focused)
  if (isInFront && (by === 'page' || (await isShown(push.chatroom_id)))) return
  const tag = tagOf(push.chatroom_id)
  const shown = await self.registration.getNotifications({ tag })
  if (shown.some((notification) => dataOf(notification).seq >= push.seq)) return
  const data: Shown = { room: push.chatroom_id, message: push.message_id, seq: push.seq }
  const { title, body } = textOf(push, await texts())
  // A newer message of the room takes the place of the one before, and is noticed as well.
  const options = { body, tag, renotify: true, icon: '/static/icons/icon-192.png', data }
  await self.registration.showNotification(title, options)
  if (windows.length === 0 && 'setAppBadge' in self.navigator) await self.navigator.setAppBadge()
}

/** Closes the notification of a message that was unsent, or that was read. */
async function close(what: Push | RoomRead): Promise<void> {
  const shown = await self.registration.getNotifications({ tag: tagOf(what.chatroom_id) })
  for (const notification of shown) {
    const { message, seq } = dataOf(notification)
    if (what.type === 'read' ? seq <= what.seq : message === what.message_id) notification.close()
  }
}

/** Opens the room of a notification, in a page that is there. */
export async function clicked(notification: Notification): Promise<void> {
  notification.close()
  const path = pathOf(dataOf(notification).room)
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const page = windows.find((client) => client.focused) ?? windows[0]
  if (!page) {
    await self.clients.openWindow(path)
    return
  }
  page.postMessage({ type: 'open', path } satisfies ToPage)
  await page.focus()
}

const dataOf = (notification: Notification) => notification.data as Shown

/** Whether the page in front shows a room. */
async function isShown(room: string): Promise<boolean> {
  const [front] = (await kept('front')) as { path: string }[]
  return front?.path === pathOf(room) || front?.path.startsWith(`${pathOf(room)}/`) === true
}

/** Finds texts in the language that the page was last shown in. */
async function texts(): Promise<(key: string) => string> {
  const [stored] = (await kept('language')) as { locale: string }[]
  const found = TEXTS[stored?.locale ?? FALLBACK] ?? TEXTS[FALLBACK]
  return (key) => found?.[key] ?? ''
}

function textOf(push: Push, t: (key: string) => string): { title: string; body: string } {
  const { sender_name, chatroom_name, message_type = 'text', content = '' } = push
  if (sender_name === undefined) return { title: NAME, body: t('notifications.newMessage') }
  const kind = message_type === 'text' ? '' : t(`kinds.${message_type}`)
  const body = [kind, content].filter((part) => part !== '').join(' ')
  return chatroom_name
    ? { title: chatroom_name, body: `${sender_name}: ${body}` }
    : { title: sender_name, body }
}

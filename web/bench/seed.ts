import type { Browser } from 'playwright-core'
import { ApiUser } from '../e2e/api'
import { io, type Socket } from 'socket.io-client'
import { BASE_URL, Person, RUN } from '../e2e/person'

const WORDS = [
  '今天的會議改到下午三點',
  'OK, see you there',
  '好',
  '路上塞車，我會晚十分鐘到，先開始不用等我',
]
/** The messages under way at once; more do not make it faster. */
const AT_ONCE = 100

/** The text of the nth message of a room: Chinese and Latin, from one word to several lines. */
export function textOf(n: number): string {
  return `第 ${n} 則 ${WORDS.slice(0, 1 + (n % 4))
    .join('，')
    .repeat(1 + (n % 3))}`
}

/** Two friends in a room with messages, the last of which is "最後一則". */
export interface Pair {
  owner: ApiUser
  other: ApiUser
  room: string
}

let pairs = 0

/** Registers two friends, with `count` messages that the one has sent and the other has read. */
export async function pair(count: number): Promise<Pair> {
  pairs += 1
  const owner = await ApiUser.register(`讀者${pairs}${RUN}`)
  const other = await ApiUser.register(`作者${pairs}${RUN}`)
  const room = await owner.befriend(other)
  await fill({ owner, other, room }, count)
  return { owner, other, room }
}

/** Sends `count` messages to a room, by a socket at its full rate. */
export async function fill({ owner, other, room }: Pair, count: number): Promise<void> {
  const [own, others] = [await connect(owner), await connect(other)]
  const say = async (socket: Socket, content: string) => {
    const message = { chatroom_id: room, content, client_msg_id: crypto.randomUUID() }
    const { ok } = (await socket.emitWithAck('send_message', message)) as { ok: boolean }
    if (!ok) throw new Error(`refused: ${content}`)
  }
  await say(others, '第一則')
  await inParallel(count - 2, (n) => say(n % 3 === 0 ? own : others, textOf(n)))
  await say(others, '最後一則')
  for (const socket of [own, others]) socket.disconnect()
  await owner.read(room)
}

async function connect({ token }: ApiUser): Promise<Socket> {
  const socket = io(BASE_URL, { transports: ['websocket'], auth: { token }, reconnection: false })
  await new Promise<void>((done, failed) => socket.on('connect', done).on('connect_error', failed))
  return socket
}

/** Makes groups of the two friends and a third, each with a message. */
export async function groups({ owner, other }: Pair, count: number): Promise<void> {
  const third = await ApiUser.register(`第三人${pairs}${RUN}`)
  await third.say(await owner.befriend(third), '你好')
  await inParallel(count, async (n) => {
    const { chatroom_id: id } = await owner.call<{ chatroom_id: string }>('POST', '/chatrooms', {
      members_id: [other.id, third.id],
      chatroom_name: `群組 ${n}`,
    })
    await other.say(id, textOf(n))
  })
}

/** Runs `act` with 1 to `count`, some at once. */
export async function inParallel(count: number, act: (n: number) => Promise<unknown>): Promise<void> {
  let next = 1
  const worker = async () => {
    while (next <= count) await act(next++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

/** Opens the room of a pair in a browser. */
export async function enter(browser: Browser, { owner, room }: Pair): Promise<Person> {
  const person = await Person.open(browser)
  await person.enter(owner.username, room)
  await last(person).waitFor()
  return person
}

/** The last message of a seeded room. */
export const last = ({ page }: Person) => page.locator('[data-message]', { hasText: '最後一則' })

/** Scrolls up until every message of the room is loaded, and back to its end. */
export async function loadAll({ page }: Person): Promise<void> {
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const step = () => {
          const box = document.querySelector('.timeline')
          if (box) box.scrollTop = 0
          const first = document.querySelector('[data-message] .prose-chat')
          if (first?.textContent.trim() === '第一則') resolve()
          else requestAnimationFrame(step)
        }
        step()
      }),
  )
  await page.getByRole('button', { name: /最新訊息|則新訊息/ }).click()
}

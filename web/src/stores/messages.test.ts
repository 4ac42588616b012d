import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { message, ROOM, unsent } from '@/testing'
import { useMessages } from './messages'

// Answers pages of a room that holds `count` messages, as the server does.
let count = 0
const hidden = new Set<number>()
const asked: string[] = []
function answer(url: string): Promise<Response> {
  asked.push(url)
  const query = new URL(url, 'http://x').searchParams
  const limit = Number(query.get('limit'))
  const seqs = Array.from({ length: count }, (_, index) => index + 1).filter((seq) => !hidden.has(seq))
  const after = query.get('after_id')
  const before = query.get('before_id')
  const around = query.get('around_id')
  const at = seqs.findIndex((seq) => 100 + seq === Number(around))
  if (around && at < 0)
    return Promise.resolve(Response.json({ code: 'not_found', detail: '' }, { status: 404 }))
  const half = Math.floor(limit / 2)
  const page = query.has('at')
    ? seqs.slice(0, limit)
    : around
      ? seqs.slice(Math.max(0, at - half), at + half)
      : after
        ? seqs.filter((seq) => 100 + seq > Number(after)).slice(0, limit)
        : seqs.filter((seq) => !before || 100 + seq < Number(before)).slice(-limit)
  return Promise.resolve(Response.json(page.map((seq) => message(seq))))
}

beforeEach(() => {
  asked.length = 0
  hidden.clear()
  vi.stubGlobal('fetch', vi.fn(answer))
  setActivePinia(createPinia())
})

const seqs = () =>
  useMessages()
    .of(ROOM)
    .messages.map((each) => each.seq)
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe('the messages of a room', () => {
  it('are loaded from the newest, and older ones before them until there are none', async () => {
    count = 120
    const messages = useMessages()
    await messages.open(ROOM)
    expect(seqs()).toEqual(range(71, 120))
    await messages.older(ROOM)
    await messages.older(ROOM)
    expect(seqs()).toEqual(range(1, 120))
    expect(messages.of(ROOM).hasOlder).toBe(false)
    asked.length = 0
    await messages.older(ROOM)
    expect(asked).toEqual([])
  })

  it('are loaded as far back as the reader has not read', async () => {
    count = 300
    await useMessages().open(ROOM, 90)
    expect(seqs()).toEqual(range(211, 300))
  })

  it('are fetched when a new one shows that some are missing', async () => {
    count = 10
    const messages = useMessages()
    await messages.open(ROOM)
    count = 14
    messages.receive(message(14))
    await vi.waitFor(() => expect(seqs()).toEqual(range(1, 14)))
    expect(asked.at(-1)).toContain('after_id=110')
  })

  it('are not kept of a room that was never opened', () => {
    useMessages().receive(message(1))
    expect(seqs()).toEqual([])
  })

  it('are loaded around one far back, and newer ones after them until there are none', async () => {
    count = 400
    const messages = useMessages()
    await messages.open(ROOM)
    expect(await messages.openAround(ROOM, 200)).toBe(true)
    expect([seqs()[0], seqs().at(-1), messages.of(ROOM).hasNewer]).toEqual([50, 149, true])
    count = 401
    messages.receive(message(401))
    expect(seqs().at(-1)).toBe(149)
    for (let n = 0; n < 6; n += 1) await messages.newer(ROOM)
    expect(seqs()).toEqual(range(50, 401))
    expect(messages.of(ROOM).hasNewer).toBe(false)
    messages.receive(message(402))
    expect(seqs().at(-1)).toBe(402)
  })

  it('keep what was received while the last page was on its way', async () => {
    count = 160
    const messages = useMessages()
    await messages.openAround(ROOM, 200)
    const loading = messages.newer(ROOM)
    count = 162
    messages.receive(message(162))
    await loading
    await vi.waitFor(() => expect(seqs()).toEqual(range(50, 162)))
  })

  it('stay as they are when there is no such message', async () => {
    count = 10
    const messages = useMessages()
    await messages.open(ROOM)
    expect(await messages.openAround(ROOM, 999)).toBe(false)
    expect([seqs(), messages.of(ROOM).problem]).toEqual([range(1, 10), null])
  })

  it('begin where the reader left off, also in a room that was never read', async () => {
    count = 400
    const messages = useMessages()
    await messages.openAfter(ROOM, 150)
    expect(seqs()).toEqual(range(1, 99))
    messages.remove(ROOM)
    await messages.openAfter(ROOM, null)
    expect([seqs(), messages.of(ROOM).hasOlder, messages.of(ROOM).hasNewer]).toEqual([
      range(1, 50),
      false,
      true,
    ])
    await messages.openNewest(ROOM)
    expect(seqs()).toEqual(range(351, 400))
  })

  it('are not fetched again of an open room', async () => {
    count = 10
    const messages = useMessages()
    await messages.open(ROOM)
    asked.length = 0
    await messages.open(ROOM)
    expect(asked).toEqual([])
  })

  it('are loaded anew as far back as they were', async () => {
    count = 300
    const messages = useMessages()
    await messages.open(ROOM, 90)
    await messages.open('other')
    count = 500
    await messages.reload(ROOM)
    expect(seqs()).toEqual(range(101, 500))
    expect([messages.of(ROOM).hasOlder, messages.rooms.has('other')]).toEqual([true, false])
  })

  it('begin later, where that is more than a thousand back', async () => {
    count = 10
    const messages = useMessages()
    await messages.open(ROOM)
    count = 5000
    await messages.reload(ROOM)
    expect(seqs()).toEqual(range(4001, 5000))
  })

  it('have no gap where one is hidden', async () => {
    count = 60
    for (const seq of [5, 6, 20, 58]) hidden.add(seq)
    const messages = useMessages()
    await messages.open(ROOM)
    await messages.older(ROOM)
    expect(seqs()).toEqual(range(1, 60).filter((seq) => !hidden.has(seq)))
    messages.hide({ chatroom_id: ROOM, message_id: 130, seq: 30 })
    asked.length = 0
    messages.receive(message(61))
    expect([seqs().length, seqs().at(-1), asked]).toEqual([56, 61, []])
  })

  it('keep an update received while they were requested', async () => {
    count = 3
    const messages = useMessages()
    const opening = messages.open(ROOM)
    messages.update(unsent(2))
    messages.hide({ chatroom_id: ROOM, message_id: 103, seq: 3 })
    await opening
    expect(messages.of(ROOM).messages).toMatchObject([{ seq: 1 }, { seq: 2, deleted: true }])
  })

  it('keep an edit when the sent message is received again', async () => {
    count = 3
    const messages = useMessages()
    await messages.open(ROOM)
    messages.update(message(3, { content: '改過' }))
    messages.receive(message(3))
    expect(messages.of(ROOM).messages.at(-1)?.content).toBe('改過')
  })

  it('keep the problem, and are loaded at the next attempt', async () => {
    count = 3
    const messages = useMessages()
    vi.mocked(fetch).mockRejectedValueOnce(new TypeError('Failed to fetch'))
    await messages.open(ROOM)
    expect(messages.of(ROOM).problem?.code).toBe('offline')
    await messages.open(ROOM)
    expect(messages.of(ROOM).problem).toBeNull()
    expect(seqs()).toEqual([1, 2, 3])
  })
})

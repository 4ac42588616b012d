import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Message } from '@/api/types'
import { useMessages } from './messages'

const ROOM = 'r'

function message(seq: number): Message {
  return {
    message_id: 1000 + seq,
    chatroom_id: ROOM,
    seq,
    sender_id: 2,
    user: null,
    content: `第 ${seq} 則`,
    caption: null,
    message_type: 'text',
    media_url: null,
    media: null,
    read_status: 'unread',
    read_by_count: 0,
    timestamp: '2026-11-22T11:29:15.123456Z',
    client_msg_id: null,
  }
}

// Answers pages of a room that holds `count` messages, as the server does.
let count = 0
const asked: string[] = []
function answer(url: string): Promise<Response> {
  asked.push(url)
  const query = new URL(url, 'http://x').searchParams
  const limit = Number(query.get('limit'))
  const seqs = Array.from({ length: count }, (_, index) => index + 1)
  const after = query.get('after_id')
  const before = query.get('before_id')
  const page = after
    ? seqs.filter((seq) => 1000 + seq > Number(after)).slice(0, limit)
    : seqs.filter((seq) => !before || 1000 + seq < Number(before)).slice(-limit)
  return Promise.resolve(Response.json(page.map(message)))
}

beforeEach(() => {
  asked.length = 0
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
    expect(asked.at(-1)).toContain('after_id=1010')
  })

  it('are not kept of a room that was never opened', () => {
    useMessages().receive(message(1))
    expect(seqs()).toEqual([])
  })

  it('catch up after a lost connection', async () => {
    count = 10
    const messages = useMessages()
    await messages.open(ROOM)
    count = 25
    await messages.resync(ROOM)
    expect(seqs()).toEqual(range(1, 25))
  })

  it('begin anew from the newest after a long absence', async () => {
    count = 10
    const messages = useMessages()
    await messages.open(ROOM)
    count = 500
    await messages.resync(ROOM)
    expect(seqs()).toEqual(range(451, 500))
    expect(messages.of(ROOM).hasOlder).toBe(true)
  })

  it('keep the problem, and load when asked again', async () => {
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

import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Message, User } from '@/api/types'
import { attachment, FakeUpload, message as stored, picture, unreadable } from '@/testing'
import { useMessages } from './messages'
import { useOutbox } from './outbox'
import { useSession } from './session'

/** What the client sends. */
type Sent = Pick<Message, 'content' | 'client_msg_id'>

// The server of these tests stores one message for each `client_msg_id`, and gives the answers in `refuse` first.
class Server {
  stored: Message[] = []
  asked: string[] = []
  refuse: (Response | Error)[] = []

  answer = async (url: string, init: RequestInit): Promise<Response> => {
    await Promise.resolve()
    if (!url.endsWith('/message')) return Response.json([])
    const draft = JSON.parse(init.body as string) as Sent
    this.asked.push(draft.content)
    const no = this.refuse.shift()
    if (no instanceof Error) throw no
    if (no) return no
    return Response.json(this.store(url.split('/')[2] ?? '', draft))
  }

  private store(room: string, draft: Sent): Message {
    const known = this.stored.find((each) => each.client_msg_id === draft.client_msg_id)
    if (known) return known
    const seq = this.stored.length + 1
    const { content, client_msg_id } = draft
    const message = stored(seq, { chatroom_id: room, sender_id: 1, content, client_msg_id })
    this.stored.push(message)
    return message
  }
}

const no = (status: number, code: string) => Response.json({ detail: code, code }, { status })
const account = { user_id: 1, username: 'me' } as User
let server: Server

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
  server = new Server()
  vi.stubGlobal('fetch', server.answer)
  start()
  return () => vi.useRealTimers()
})

function start() {
  setActivePinia(createPinia())
  useSession().user = account
  return useOutbox()
}

const contents = () => server.stored.map((each) => each.content)
const settle = () => vi.advanceTimersByTimeAsync(0)

describe('the outbox', () => {
  it('sends in order, each once, and empties', async () => {
    const outbox = useOutbox()
    for (const text of ['一', '二', '三']) outbox.sendText('r', text)
    expect(outbox.inRoom('r').map((each) => each.state)).toEqual(['sending', 'queued', 'queued'])
    await settle()
    expect(contents()).toEqual(['一', '二', '三'])
    expect(outbox.queue).toEqual([])
  })

  it('retries without an answer, keeps the order, and stores nothing twice', async () => {
    const outbox = useOutbox()
    server.refuse = [new TypeError('Failed to fetch'), no(503, 'busy')]
    outbox.sendText('r', '一')
    outbox.sendText('r', '二')
    await settle()
    expect(contents()).toEqual([])
    await vi.advanceTimersByTimeAsync(1000)
    expect(contents()).toEqual([])
    await vi.advanceTimersByTimeAsync(2000)
    expect(server.asked).toEqual(['一', '一', '一', '二'])
    expect(contents()).toEqual(['一', '二'])
  })

  it('keeps a refused message, and sends the next one', async () => {
    const outbox = useOutbox()
    server.refuse = [no(422, 'validation')]
    outbox.sendText('r', '壞')
    outbox.sendText('r', '好')
    await settle()
    expect(contents()).toEqual(['好'])
    expect(outbox.inRoom('r')).toMatchObject([{ text: '壞', state: 'failed', error: 'validation' }])
    outbox.retry(outbox.inRoom('r')[0]?.id ?? '')
    await settle()
    expect(contents()).toEqual(['好', '壞'])
    expect(outbox.queue).toEqual([])
  })

  it('keeps a text that is too long for the server, and learns its limit', async () => {
    const outbox = useOutbox()
    const error = {
      loc: ['body', 'content'],
      type: 'string_too_long',
      msg: 'too long',
      ctx: { max_length: 5 },
    }
    server.refuse = [Response.json({ detail: [error], code: 'validation' }, { status: 422 })]
    outbox.sendText('r', '一二三四五六')
    await settle()
    expect(outbox.queue).toMatchObject([{ text: '一二三四五六', state: 'failed', error: 'string_too_long' }])
    expect(outbox.textMax).toBe(5)
  })

  it('discards a message', async () => {
    const outbox = useOutbox()
    server.refuse = [no(403, 'forbidden')]
    outbox.sendText('r', '壞')
    await settle()
    outbox.discard(outbox.inRoom('r')[0]?.id ?? '')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(server.asked).toHaveLength(1)
    expect(outbox.queue).toEqual([])
    expect(localStorage).toHaveLength(0)
  })

  it('takes an event of its message as sent', async () => {
    const outbox = useOutbox()
    server.refuse = [new TypeError('Failed to fetch')]
    outbox.sendText('r', '一')
    const id = outbox.inRoom('r')[0]?.id ?? ''
    await settle()
    outbox.sent(stored(9, { chatroom_id: 'r', sender_id: 1, client_msg_id: id }))
    expect(outbox.queue).toEqual([])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(server.asked).toHaveLength(1)
  })

  it('restores unsent texts after a reload, under the same id', async () => {
    server.refuse = [new TypeError('Failed to fetch')]
    useOutbox().sendText('r', '一')
    const id = useOutbox().inRoom('r')[0]?.id
    await settle()
    vi.clearAllTimers()
    await start().restore()
    await settle()
    expect(server.stored).toMatchObject([{ content: '一', client_msg_id: id }])
    expect(localStorage).toHaveLength(0)
  })

  it('shows the sent message in the timeline that is open', async () => {
    const messages = useMessages()
    await messages.open('r')
    useOutbox().sendText('r', '一')
    await settle()
    expect(messages.of('r').messages.map((each) => each.content)).toEqual(['一'])
  })
})

describe('a file in the outbox', () => {
  const states = () => useOutbox().queue.map(({ state, error }) => [state, error])

  beforeEach(() => {
    FakeUpload.all = []
    vi.stubGlobal('XMLHttpRequest', FakeUpload)
  })

  it('is sent after its upload, and before what follows it', async () => {
    const outbox = useOutbox()
    outbox.sendFile('r', attachment(picture('a.png')), '看')
    outbox.sendText('r', '後')
    await settle()
    expect(contents()).toEqual([])
    FakeUpload.all[0]?.answer(201, { url: '/static/message/a.png', message_type: 'image' })
    await settle()
    expect(contents()).toEqual(['/static/message/a.png', '後'])
  })

  it('can be cancelled while it is uploaded, and what follows it is sent', async () => {
    const outbox = useOutbox()
    outbox.sendFile('r', attachment(picture('a.png')), '')
    outbox.sendText('r', '後')
    await settle()
    outbox.discard(outbox.queue[0]?.id ?? '')
    await settle()
    expect(FakeUpload.all[0]?.aborted).toBe(true)
    expect(contents()).toEqual(['後'])
    expect(outbox.queue).toEqual([])
    expect(outbox.previews.size).toBe(0)
  })

  it('is not sent if it was cancelled while the answer to its upload was read', async () => {
    const outbox = useOutbox()
    outbox.sendFile('r', attachment(picture('a.png')), '')
    await settle()
    FakeUpload.all[0]?.answer(201, { url: '/static/message/a.png', message_type: 'image' })
    outbox.discard(outbox.queue[0]?.id ?? '')
    await settle()
    expect(server.asked).toEqual([])
  })

  it('that cannot be read any more fails, and what follows it is sent', async () => {
    const outbox = useOutbox()
    outbox.sendFile('r', attachment(unreadable('a.png')), '')
    outbox.sendText('r', '後')
    await settle()
    FakeUpload.all[0]?.onerror?.()
    await settle()
    expect(states()).toEqual([['failed', 'unreadable_file']])
    expect(contents()).toEqual(['後'])
  })

  it('waits for a lost connection', async () => {
    useOutbox().sendFile('r', attachment(picture('a.png')), '')
    await settle()
    FakeUpload.all[0]?.onerror?.()
    await settle()
    expect(states()).toEqual([['queued', null]])
  })
})

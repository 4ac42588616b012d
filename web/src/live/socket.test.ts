import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '@/api/problem'
import { connect, disconnect, request } from './socket'

// What was called of the library's socket, in order.
const calls = vi.hoisted((): string[] => [])
// The library's socket, with the acknowledgement of the test; without one none comes.
const socket = vi.hoisted(() => ({
  connected: true,
  ack: null as object | null,
  on: () => undefined,
  onAny: () => undefined,
  disconnect: () => void calls.push('disconnect'),
  io: { engine: { close: () => void calls.push('close') } },
  timeout: () => ({
    emitWithAck: () => (socket.ack ? Promise.resolve(socket.ack) : Promise.reject(new Error('timeout'))),
  }),
}))
vi.mock('socket.io-client', () => ({ io: () => socket }))

const rest = vi.fn(() => Promise.resolve('rest'))
const send = () => request('mark_read', { chatroom_id: 'r' }, rest)

beforeEach(() => {
  socket.connected = true
  socket.ack = null
  rest.mockClear()
  connect({ onEvent: () => undefined, onState: () => undefined, cursor: () => null })
})
afterEach(disconnect)

describe('a request', () => {
  it('returns its acknowledgement', async () => {
    socket.ack = { ok: true, unread_count: 2 }
    expect(await send()).toEqual({ ok: true, unread_count: 2 })
    expect(rest).not.toHaveBeenCalled()
  })

  it.each([
    ['validation', 422],
    ['not_found', 404],
    ['unauthorized', 401],
    ['busy', 503],
    ['outcome_unknown', 503],
    ['internal', 500],
    ['client_msg_id_reused', 400],
  ])('is not repeated over REST when it is refused: %s', async (code, status) => {
    socket.ack = { ok: false, code, detail: 'No' }
    const thrown: unknown = await send().catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(Problem)
    expect(thrown).toMatchObject({ status, code, detail: 'No' })
    expect(rest).not.toHaveBeenCalled()
  })

  it('is made over REST without a connection, and without an acknowledgement', async () => {
    expect(await send()).toBe('rest')
    socket.connected = false
    expect(await send()).toBe('rest')
    expect(rest).toHaveBeenCalledTimes(2)
  })
})

it('closes its transport before it disconnects', () => {
  calls.length = 0
  disconnect()
  expect(calls).toEqual(['close', 'disconnect'])
})

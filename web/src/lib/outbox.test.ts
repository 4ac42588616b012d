import { describe, expect, it } from 'vitest'
import * as box from './outbox'

const entry = (id: string, over: Partial<box.Outgoing> = {}): box.Outgoing => ({
  id,
  room: 'a',
  text: id,
  file: null,
  reply: null,
  mentions: [],
  uploaded: null,
  createdAt: 0,
  state: 'queued',
  progress: 0,
  attempts: 0,
  notBefore: 0,
  error: null,
  ...over,
})
const ids = (list: readonly box.Outgoing[]) => list.map((each) => each.id)

describe('the order of sending', () => {
  it('attempts the first message of each room', () => {
    const queue = [entry('a1'), entry('a2'), entry('b1', { room: 'b' })]
    expect(ids(box.due(queue, 0))).toEqual(['a1', 'b1'])
  })

  it('attempts nothing in a room whose first message is being sent', () => {
    for (const state of ['sending', 'uploading'] as const) {
      expect(box.due([entry('a1', { state }), entry('a2')], 0)).toEqual([])
    }
  })

  it('holds later messages of the room behind one that is retried', () => {
    const queue = [entry('a1', { notBefore: 1000 }), entry('a2')]
    expect(box.due(queue, 999)).toEqual([])
    expect(ids(box.due(queue, 1000))).toEqual(['a1'])
    expect(box.nextDueIn(queue, 400)).toBe(600)
  })

  it('lets later messages pass one that failed permanently', () => {
    const queue = [entry('a1', { state: 'failed' }), entry('a2')]
    expect(ids(box.due(queue, 0))).toEqual(['a2'])
  })

  it('queues a message once', () => {
    const queue = box.enqueue(box.enqueue([], entry('a1')), entry('a1'))
    expect(queue).toHaveLength(1)
  })
})

describe('an answer', () => {
  it.each([
    [0, 'transient'],
    [408, 'transient'],
    [429, 'transient'],
    [500, 'transient'],
    [503, 'transient'],
    [400, 'permanent'],
    [403, 'permanent'],
    [404, 'permanent'],
    [413, 'permanent'],
    [422, 'permanent'],
    [409, 'sent'],
  ])('%i is %s', (status, kind) => {
    expect(box.outcomeOf(status, 'x').kind).toBe(kind)
  })

  it('is not sent where the client_msg_id belongs to another message', () => {
    expect(box.outcomeOf(409, 'client_msg_id_reused').kind).toBe('permanent')
  })
})

describe('after an attempt', () => {
  const sending = [entry('a1', { state: 'sending' }), entry('a2')]

  it('a sent message is gone and the next one is due', () => {
    const queue = box.settle(sending, 'a1', { kind: 'sent' }, 0)
    expect(ids(queue)).toEqual(['a2'])
    expect(ids(box.due(queue, 0))).toEqual(['a2'])
  })

  it('a transient failure waits 1, 2, 4 .. 30 seconds, and stays first', () => {
    let queue: readonly box.Outgoing[] = sending
    const waits = Array.from({ length: 7 }, () => {
      queue = box.settle(queue, 'a1', { kind: 'transient' }, 0)
      return queue[0]?.notBefore
    })
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000])
    expect(ids(queue)).toEqual(['a1', 'a2'])
  })

  it('the server’s Retry-After is kept', () => {
    const queue = box.settle(sending, 'a1', { kind: 'transient', retryAfter: 12 }, 500)
    expect(queue[0]?.notBefore).toBe(12_500)
  })

  it('a permanent failure keeps the message and its reason', () => {
    const [failed] = box.settle(sending, 'a1', { kind: 'permanent', code: 'too_large' }, 0)
    expect(failed).toMatchObject({ state: 'failed', error: 'too_large', text: 'a1' })
  })

  it('an answer for a discarded message changes nothing', () => {
    const queue = box.discard(sending, 'a1')
    expect(box.settle(queue, 'a1', { kind: 'transient' }, 0)).toEqual(queue)
  })
})

describe('by hand', () => {
  it('a failed message is queued again at the end, with the same id', () => {
    const queue = [entry('a1', { state: 'failed', attempts: 3, error: 'x' }), entry('a2')]
    const again = box.retry(queue, 'a1', 77)
    expect(ids(again)).toEqual(['a2', 'a1'])
    expect(again[1]).toMatchObject({ state: 'queued', attempts: 0, error: null, createdAt: 77 })
  })

  it('what has not failed is not sent twice', () => {
    const queue = [entry('a1', { state: 'sending' })]
    expect(box.retry(queue, 'a1', 0)).toBe(queue)
  })

  it('a new connection makes all of them due', () => {
    const queue = box.makeDue([entry('a1', { notBefore: 9e9, attempts: 4 })])
    expect(ids(box.due(queue, 0))).toEqual(['a1'])
  })
})

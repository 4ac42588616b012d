import { describe, expect, it } from 'vitest'
import { after, beforeGap, layout, merge, newestRun, type Stored, type View, type Waiting } from './timeline'

const ME = 1
const at = (minute: number, day = 22) =>
  new Date(Date.UTC(2026, 10, day, 2, minute, 0)).toISOString().replace('Z', '000Z')

function message(seq: number, over: Partial<Stored> = {}): Stored {
  return { message_id: 1000 + seq, seq, sender_id: 2, timestamp: at(seq), client_msg_id: null, ...over }
}

describe('merge', () => {
  it('orders by seq whatever order messages arrive in, and whatever their ids are', () => {
    const late = message(2, { message_id: 5 })
    const merged = merge([message(1), message(3)], [message(4), late])
    expect(merged.map((each) => each.seq)).toEqual([1, 2, 3, 4])
    expect(merged[1]).toBe(late)
  })

  it('keeps each message once, in its newer version', () => {
    const read = { ...message(2), read: true }
    const merged = merge([message(1), message(2)], [read, message(1)])
    expect(merged).toHaveLength(2)
    expect(merged[1]).toBe(read)
  })

  it('does not change the list it was given', () => {
    const before = Object.freeze([message(1)])
    expect(merge(before, [message(2)])).toHaveLength(2)
    expect(before).toHaveLength(1)
  })

  it('returns the same list when nothing came in', () => {
    const before = [message(1)]
    expect(merge(before, [])).toBe(before)
  })
})

describe('the messages after a seq', () => {
  it('are found without looking at all of them', () => {
    let read = 0
    const messages = Array.from({ length: 10_000 }, (_, n) => ({
      get seq() {
        read += 1
        return n + 1
      },
    }))
    expect(after(messages, 9_998)).toHaveLength(2)
    expect(read).toBeLessThan(20)
    expect([after(messages, 0).length, after(messages, 10_000)]).toEqual([10_000, []])
  })
})

describe('gaps', () => {
  it('are not looked for where no seq is missing', () => {
    const messages = Array.from({ length: 100 }, (_, n) => message(n + 1))
    expect(beforeGap(messages)).toBeNull()
    expect(beforeGap([])).toBeNull()
  })

  it('finds the message before the first gap', () => {
    expect(beforeGap([message(4), message(5), message(8), message(10)])?.seq).toBe(5)
    expect(beforeGap([message(4), message(5)])).toBeNull()
    expect(beforeGap([])).toBeNull()
  })

  it('cuts the run that ends with the newest message', () => {
    const seqs = (list: readonly Stored[]) => list.map((each) => each.seq)
    expect(seqs(newestRun([message(1), message(2), message(7), message(8)]))).toEqual([7, 8])
    expect(seqs(newestRun([message(1), message(2)]))).toEqual([1, 2])
  })
})

describe('layout', () => {
  const rows = (over: Partial<View<Stored, Waiting>>) =>
    layout({ messages: [], above: null, waiting: [], me: ME, unreadFrom: null, ...over })
  const shape = (over: Partial<View<Stored, Waiting>>) =>
    rows(over).map((row) =>
      row.kind === 'message'
        ? `${row.message.seq}${row.first ? 'F' : ''}${row.last ? 'L' : ''}`
        : row.kind === 'waiting'
          ? `w${row.first ? 'F' : ''}${row.last ? 'L' : ''}`
          : row.kind,
    )

  it('groups one sender within five minutes', () => {
    const messages = [
      message(1, { timestamp: at(0) }),
      message(2, { timestamp: at(4) }),
      message(3, { timestamp: at(10) }),
      message(4, { timestamp: at(11), sender_id: ME }),
    ]
    expect(shape({ messages })).toEqual(['day', '1F', '2L', '3FL', '4FL'])
  })

  it('shows the pictures and films of an album together, but none that was unsent', () => {
    const picture = (seq: number, over: Partial<Stored> = {}) =>
      message(seq, { timestamp: at(0), album_id: 'a', message_type: 'image', ...over })
    const albums = (messages: Stored[]) =>
      rows({ messages }).map((row) =>
        row.kind === 'album' ? row.messages.map((each) => each.seq) : row.kind,
      )
    expect(albums([picture(1), picture(2), picture(3), message(4)])).toEqual(['day', [1, 2, 3], 'message'])
    expect(albums([picture(1), picture(2, { message_type: 'video' })])).toEqual(['day', [1, 2]])
    expect(albums([picture(1), picture(2, { message_type: 'file' })])).toEqual(['day', 'message', 'message'])
    expect(albums([picture(1), picture(2, { album_id: 'b' })])).toEqual(['day', 'message', 'message'])
    expect(albums([picture(1), picture(2, { sender_id: ME })])).toEqual(['day', 'message', 'message'])
    expect(albums([picture(1), picture(2, { deleted: true })])).toEqual(['day', 'message', 'message'])
    expect(rows({ messages: [picture(1), picture(2), message(3, { timestamp: at(1) })] })).toMatchObject([
      { kind: 'day' },
      { kind: 'album', first: true, last: false },
      { kind: 'message', first: false, last: true },
    ])
  })

  it('separates days in the time zone of the reader', () => {
    // 15:59 and 16:01 UTC lie on either side of midnight in Taipei.
    const messages = [
      message(1, { timestamp: '2026-11-22T15:59:00.000000Z' }),
      message(2, { timestamp: '2026-11-22T16:01:00.000000Z' }),
    ]
    expect(shape({ messages })).toEqual(['day', '1FL', 'day', '2FL'])
  })

  it('puts the unread divider above the first unread message and starts a group there', () => {
    const messages = [message(1), message(2), message(3)]
    expect(shape({ messages, unreadFrom: 3 })).toEqual(['day', '1F', '2L', 'unread', '3FL'])
  })

  it('continues the group and the day of the message above the window', () => {
    expect(shape({ above: message(1), messages: [message(2)] })).toEqual(['2L'])
  })

  it('leaves out an outbox message once it is stored, and keeps its key', () => {
    const entry = { id: 'abc', createdAt: Date.parse(at(3)) }
    const waiting = rows({ waiting: [entry] })
    const sent = rows({
      waiting: [entry],
      messages: [message(3, { sender_id: ME, client_msg_id: 'abc' })],
    })
    expect(waiting.map((row) => row.kind)).toEqual(['day', 'waiting'])
    expect(sent.map((row) => row.kind)).toEqual(['day', 'message'])
    expect(sent[1]?.key).toBe(waiting[1]?.key)
  })

  it('does not take another sender’s equal client_msg_id for one’s own', () => {
    const entry = { id: 'abc', createdAt: Date.parse(at(3)) }
    const both = rows({ waiting: [entry], messages: [message(3, { client_msg_id: 'abc' })] })
    expect(both.map((row) => row.kind)).toEqual(['day', 'message', 'waiting'])
    expect(new Set(both.map((row) => row.key)).size).toBe(3)
  })

  it('joins the outbox to the group of sent messages', () => {
    const entry = { id: 'abc', createdAt: Date.parse(at(3)) }
    const messages = [message(2, { sender_id: ME })]
    expect(shape({ messages, waiting: [entry] })).toEqual(['day', '2F', 'wL'])
  })
})

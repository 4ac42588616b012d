import { describe, expect, it } from 'vitest'
import { message, ROOM } from '@/testing'
import { isExpired, newestPart, unexpired } from './offlineCopy'

const seqs = (messages: readonly { seq: number }[]) => messages.map(({ seq }) => seq)
const messages = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, n) => message(first + n))

describe('the newest part of a timeline', () => {
  it('is all of a short one', () => {
    const part = newestPart(ROOM, { messages: messages(1, 50), hasOlder: false }, new Set())
    expect([part.messages.length, part.hasOlder]).toEqual([50, false])
  })

  it('is the last fifty of a longer one, and says that there are older ones', () => {
    const part = newestPart(ROOM, { messages: messages(1, 51), hasOlder: false }, new Set([0, 1]))
    expect([part.messages.length, part.messages[0]?.seq, part.hasOlder]).toEqual([50, 2, true])
    expect(part.hidden).toEqual([])
  })

  it('begins after a gap, of which hidden messages are none', () => {
    const known = [...messages(1, 3), ...messages(5, 6), ...messages(8, 9)]
    const part = newestPart(ROOM, { messages: known, hasOlder: false }, new Set([7]))
    expect([seqs(part.messages), part.hidden, part.hasOlder]).toEqual([[5, 6, 8, 9], [7], true])
  })
})

describe('messages that disappear', () => {
  const NOW = Date.parse('2026-11-22T12:00:00Z')
  const until = (seq: number, expires_at: string) => message(seq, { expires_at })

  it('are there until their time, and not from then on', () => {
    expect(isExpired(until(1, '2026-11-22T12:00:00.001Z'), NOW)).toBe(false)
    expect(isExpired(until(1, '2026-11-22T12:00:00.000Z'), NOW)).toBe(true)
    expect(isExpired(message(1), NOW)).toBe(false)
  })

  it('leave no gap', () => {
    const known = [message(1), until(2, '2026-11-22T11:00:00Z'), message(3)]
    const left = unexpired({ room: ROOM, messages: known, hidden: [9], hasOlder: false }, NOW)
    expect([seqs(left.messages), left.hidden]).toEqual([
      [1, 3],
      [9, 2],
    ])
    expect(newestPart(ROOM, left, new Set(left.hidden)).messages).toHaveLength(2)
  })
})

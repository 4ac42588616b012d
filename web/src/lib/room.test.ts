import { expect, it } from 'vitest'
import { message, room } from '@/testing'
import { changes, inOrder, isMuted, isRequest, mentions } from './room'

it('puts pinned rooms first, then the last active ones', () => {
  const at = (seq: number) => ({ last_message: message(seq) })
  const rooms = [
    room({ chatroom_id: 'old', ...at(1) }),
    room({ chatroom_id: 'new', ...at(9) }),
    room({ chatroom_id: 'pinned', ...at(0), pinned: true }),
  ]
  expect(rooms.sort(inOrder).map((each) => each.chatroom_id)).toEqual(['pinned', 'new', 'old'])
})

it('is muted until its time, and a request until it is accepted', () => {
  expect(isMuted(room({ muted_until: '2000-01-01T00:00:00Z' }))).toBe(false)
  expect(isMuted(room({ muted_until: '2999-01-01T00:00:00Z' }))).toBe(true)
  expect(isMuted(room())).toBe(false)
  expect(
    ['received', 'ignored', 'sent', null].map((request) => isRequest({ request: request as 'sent' })),
  ).toEqual([true, true, false, false])
})

it('mentions a user by name, or with all members, but nobody in their own message', () => {
  const of = (user_id: number | null, sender_id = 2) =>
    mentions({ sender_id, mentions: [{ start: 0, length: 2, user_id }] }, 1)
  expect([of(1), of(null), of(3), of(1, 1)]).toEqual([true, true, false, false])
})

it('is another room only by what differs', () => {
  const known = room({ unread_count: 2 })
  expect(changes(known, { unread_count: 2, pinned: known.pinned })).toBe(false)
  expect(changes(known, { unread_count: 3 })).toBe(true)
})

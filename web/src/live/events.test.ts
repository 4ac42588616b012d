import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Friend, User } from '@/api/types'
import { answer, message, room, ROOM, unsent } from '@/testing'
import { useFriends } from '@/stores/friends'
import { useMarks } from '@/stores/marks'
import { useMessages } from '@/stores/messages'
import { usePeople } from '@/stores/people'
import { useRooms } from '@/stores/rooms'
import { useSession } from '@/stores/session'
import { useTyping } from '@/stores/typing'
import { table } from './events'

const friend = (user_id: number): Friend => ({
  user_id,
  username: `u${user_id}`,
  nickname: null,
  avatar_url: null,
  status: null,
  online: true,
  last_seen: null,
  chatroom_id: null,
})
const mark = (user_id: number, seq: number) => ({
  chatroom_id: ROOM,
  user_id,
  last_delivered_id: 100 + seq,
  last_read_id: 100 + seq,
  last_delivered_seq: seq,
  last_read_seq: seq,
})

beforeEach(() => {
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json([])))
  setActivePinia(createPinia())
  useSession().user = { user_id: 1, username: 'me' } as User
  useRooms().upsert(room())
})
function serve(answers: Record<string, unknown>): void {
  vi.stubGlobal('fetch', (url: string) =>
    Promise.resolve(Response.json(answers[url.split('?')[0] ?? ''] ?? [])),
  )
}
/** Opens the room with these messages; returns how to look at them. */
async function opened(messages: unknown[]) {
  serve({ [`/chatrooms/${ROOM}/messages`]: messages })
  await useMessages().open(ROOM)
  return () => useMessages().of(ROOM).messages
}
const item = () => useRooms().items.get(ROOM)

describe('the table of events', () => {
  it('counts what is unread and moves the room up', () => {
    const other = room({ chatroom_id: 'other', last_message: message(30) })
    useRooms().upsert(other)
    expect(useRooms().list[0]?.chatroom_id).toBe('other')
    table().new_message({ message: message(40), unread_count: 1 })
    expect(item()).toMatchObject({ unread_count: 1, last_seq: 40 })
    expect(useRooms().list[0]?.chatroom_id).toBe(ROOM)
    expect(useRooms().unread).toBe(1)
  })

  it('does not let an old message take the list back', () => {
    table().new_message({ message: message(4), unread_count: 7 })
    expect(item()).toMatchObject({ last_seq: 5, unread_count: 0 })
  })

  it('does not count one’s own message from another device', () => {
    table().new_message({ message: message(6, { sender_id: 1 }), unread_count: 0 })
    expect(item()).toMatchObject({ unread_count: 0, last_seq: 6 })
  })

  it('shows what the other has read, and never takes it back', () => {
    table().message_status(mark(2, 5))
    table().message_status(mark(2, 4))
    expect(item()).toMatchObject({ peer_read_seq: 5, peer_delivered_seq: 5 })
  })

  it('takes an answer as read', () => {
    table().new_message({ message: message(6), unread_count: 1 })
    expect(item()).toMatchObject({ peer_read_seq: 6, peer_delivered_seq: 6, last_read_seq: 5 })
    table().new_message({ message: message(7, { sender_id: 1 }), unread_count: 0 })
    expect(item()).toMatchObject({ peer_read_seq: 6, last_read_seq: 7, unread_count: 0 })
  })

  it('follows what one has read on another device', () => {
    useRooms().upsert(room({ unread_count: 3, last_seq: 8, last_read_seq: 5 }))
    table().message_status(mark(1, 8))
    expect(item()).toMatchObject({ unread_count: 0, last_read_seq: 8 })
  })

  it('ends a typing notice with the message it announced', () => {
    const events = table()
    events.typing({ chatroom_id: ROOM, user_id: 2, is_typing: true })
    expect(useTyping().rooms.get(ROOM)).toEqual([2])
    events.new_message({ message: message(6), unread_count: 1 })
    expect(useTyping().rooms.get(ROOM)).toEqual([])
  })

  it('moves people between the lists', () => {
    const friends = useFriends()
    const events = table()
    events.friend_request({ friend: friend(7) })
    expect(friends.received.map((each) => each.user_id)).toEqual([7])
    events.friend_accepted({ friend: friend(7) })
    expect([friends.received.length, friends.relationTo(7)]).toEqual([0, 'friend'])
    events.friend_removed({ user_id: 7 })
    expect(friends.relationTo(7)).toBe('none')
  })

  it('takes over new names, also one’s own', () => {
    const card = { username: 'u2', nickname: '小明', avatar_url: null, status: null }
    table().user_updated({ user: { ...card, user_id: 2 } })
    expect(usePeople().nameOf(2)).toBe('小明')
    table().user_updated({ user: { ...card, user_id: 1 } })
    expect(useSession().user?.nickname).toBe('小明')
  })

  it('shows what a message was changed into, there and in the list and in what answers it', async () => {
    const messages = await opened([message(4), answer(5, message(4))])
    table().message_updated({ message: message(4, { content: '改過', edited_at: '2026-11-22T01:00:00Z' }) })
    expect(messages()).toMatchObject([{ content: '改過' }, { reply_to: { content: '改過', deleted: false } }])
    expect(item()?.last_message?.content).toBe('第 5 則')
    table().message_updated({ message: message(5, { content: '也改過' }) })
    expect([messages()[1]?.content, item()?.last_message?.content]).toEqual(['也改過', '也改過'])
  })

  it('leaves a tombstone where a message was unsent, and nothing in its quotes', async () => {
    const messages = await opened([message(4), answer(5, message(4))])
    table().message_deleted({ message: unsent(4) })
    expect(messages()).toMatchObject([
      { deleted: true, content: '' },
      { deleted: false, reply_to: { content: '', deleted: true } },
    ])
    table().message_deleted({ message: unsent(5) })
    expect(item()?.last_message).toMatchObject({ deleted: true })
  })

  it('shows reactions, and keeps what it knows of who has read', async () => {
    const own = { sender_id: 1, read_status: 'read', read_by_count: 2 } as const
    const messages = await opened([message(5, own)])
    const reactions = [{ emoji: '👍', count: 1, user_ids: [2] }]
    table().message_reacted({ message: message(5, { sender_id: 1, reactions }) })
    expect(messages()).toMatchObject([{ ...own, reactions }])
  })

  it('takes out what was hidden on another device, and asks the server what the list shows now', async () => {
    const messages = await opened([message(4), message(5), answer(6, message(5))])
    serve({ [`/chatrooms/${ROOM}`]: { ...room({ last_message: message(4) }), participants: [], marks: [] } })
    table().message_hidden({ chatroom_id: ROOM, message_id: 105, seq: 5 })
    expect(messages().map((each) => each.seq)).toEqual([4, 6])
    expect(messages()[1]?.reply_to).toMatchObject({ content: '', deleted: true })
    await vi.waitFor(() => expect(item()?.last_message?.seq).toBe(4))
    table().new_message({ message: answer(7, message(5)), unread_count: 1 })
    expect(messages().map((each) => [each.seq, each.reply_to?.content])).toEqual([
      [4, undefined],
      [6, ''],
      [7, ''],
    ])
  })

  it('counts in a group who has read what, by their marks and by what they write', async () => {
    useRooms().upsert(room({ is_group: true }))
    const marks = [
      { user_id: 1, last_delivered_seq: 5, last_read_seq: 5 },
      { user_id: 2, last_delivered_seq: 5, last_read_seq: 5 },
      { user_id: 3, last_delivered_seq: 5, last_read_seq: 2 },
    ]
    serve({ [`/chatrooms/${ROOM}`]: { ...room({ is_group: true }), participants: [], marks } })
    const { load, readBy } = useMarks()
    const own = message(5, { sender_id: 1 })
    table().message_status(mark(3, 1))
    expect(readBy(own)).toBe(0)
    await load(ROOM)
    expect(readBy(own)).toBe(1)
    table().message_status(mark(3, 5))
    expect(readBy(own)).toBe(2)
    table().new_message({ message: message(6, { sender_id: 3 }), unread_count: 1 })
    expect([readBy(message(6, { sender_id: 1 })), readBy(message(7, { sender_id: 1 }))]).toEqual([1, 0])
  })

  it('does not ask somebody who is leaving to come back', async () => {
    const events = table()
    vi.stubGlobal('fetch', () => {
      events.session_revoked({})
      return Promise.resolve(Response.json({ msg: 'Successfully logged out' }))
    })
    await useSession().signOut(true)
    expect(useSession().ended).toBe('signed-out')
  })

  it('ends the session when it is revoked', () => {
    table().session_revoked({})
    expect([useSession().user, useSession().ended]).toEqual([null, 'revoked'])
  })
})

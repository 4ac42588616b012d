import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Friend, Message, RoomItem, User } from '@/api/types'
import { useFriends } from '@/stores/friends'
import { usePeople } from '@/stores/people'
import { useRooms } from '@/stores/rooms'
import { useSession } from '@/stores/session'
import { useTyping } from '@/stores/typing'
import { table } from './events'

const ROOM = '01935b6e-0000-7000-8000-000000000001'
const message = (seq: number, sender_id: number, minute = seq): Message => ({
  message_id: 100 + seq,
  chatroom_id: ROOM,
  seq,
  sender_id,
  user: { id: sender_id, username: `u${sender_id}`, nickname: null, profilePictureUrl: null },
  content: '嗨',
  caption: null,
  message_type: 'text',
  media_url: null,
  media: null,
  read_status: 'unread',
  read_by_count: 0,
  timestamp: new Date(Date.UTC(2026, 10, 22, 0, minute)).toISOString(),
  client_msg_id: null,
})
const room = (over: Partial<RoomItem> = {}): RoomItem => ({
  chatroom_id: ROOM,
  chatroom_name: 'private chatroom',
  user_id: 2,
  username: 'u2',
  nickname: null,
  avatar_url: null,
  status: null,
  is_group: false,
  online: false,
  last_message: message(5, 1),
  unread_count: 0,
  last_seq: 5,
  last_read_seq: 5,
  last_read_message_id: 105,
  peer_delivered_seq: 5,
  peer_read_seq: 3,
  created_at: '2026-11-01T00:00:00.000000Z',
  updated_at: '2026-11-01T00:00:00.000000Z',
  ...over,
})
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
const item = () => useRooms().items.get(ROOM)

describe('the table of events', () => {
  it('counts what is unread and moves the room up', () => {
    const other = room({ chatroom_id: 'other', last_message: message(1, 3, 30) })
    useRooms().upsert(other)
    expect(useRooms().list[0]?.chatroom_id).toBe('other')
    table().new_message({ message: message(6, 2, 40), unread_count: 1 })
    expect(item()).toMatchObject({ unread_count: 1, last_seq: 6 })
    expect(useRooms().list[0]?.chatroom_id).toBe(ROOM)
    expect(useRooms().unread).toBe(1)
  })

  it('does not let an old message take the list back', () => {
    table().new_message({ message: message(4, 2), unread_count: 7 })
    expect(item()).toMatchObject({ last_seq: 5, unread_count: 0 })
  })

  it('does not count one’s own message from another device', () => {
    table().new_message({ message: message(6, 1), unread_count: 0 })
    expect(item()).toMatchObject({ unread_count: 0, last_seq: 6 })
  })

  it('shows what the other has read, and never takes it back', () => {
    table().message_status(mark(2, 5))
    table().message_status(mark(2, 4))
    expect(item()).toMatchObject({ peer_read_seq: 5, peer_delivered_seq: 5 })
  })

  it('takes an answer as read', () => {
    table().new_message({ message: message(6, 2), unread_count: 1 })
    expect(item()).toMatchObject({ peer_read_seq: 6, peer_delivered_seq: 6, last_read_seq: 5 })
    table().new_message({ message: message(7, 1), unread_count: 0 })
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
    events.new_message({ message: message(6, 2), unread_count: 1 })
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

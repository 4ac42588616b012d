import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Friend, User } from '@/api/types'
import { answer, message, room, ROOM, unsent } from '@/testing'
import { useDrafts } from '@/stores/drafts'
import { useFriends } from '@/stores/friends'
import { useReceipts } from '@/stores/receipts'
import { useMessages } from '@/stores/messages'
import { usePeople } from '@/stores/people'
import { useRooms } from '@/stores/rooms'
import { useSession } from '@/stores/session'
import { useTyping } from '@/stores/typing'
import { handlers } from './events'

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
const receipt = (user_id: number, seq: number) => ({
  chatroom_id: ROOM,
  user_id,
  last_delivered_id: 100 + seq,
  last_read_id: 100 + seq,
  last_delivered_seq: seq,
  last_read_seq: seq,
  unread_count: 0,
})

beforeEach(() => {
  serve({ [`/chatrooms/${ROOM}`]: room() })
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
  it('counts unread messages and moves the room up', () => {
    const other = room({ chatroom_id: 'other', last_message: message(30) })
    useRooms().upsert(other)
    expect(useRooms().list[0]?.chatroom_id).toBe('other')
    handlers().new_message({ message: message(40), unread_count: 1 })
    expect(item()).toMatchObject({ unread_count: 1, last_seq: 40 })
    expect(useRooms().list[0]?.chatroom_id).toBe(ROOM)
    expect(useRooms().unread).toBe(1)
  })

  it('ignores an older message', () => {
    handlers().new_message({ message: message(4), unread_count: 7 })
    expect(item()).toMatchObject({ last_seq: 5, unread_count: 0 })
  })

  it('does not count one’s own message from another device', () => {
    handlers().new_message({ message: message(6, { sender_id: 1 }), unread_count: 0 })
    expect(item()).toMatchObject({ unread_count: 0, last_seq: 6 })
  })

  it('advances the receipt of the other, and never takes it back', () => {
    handlers().message_status(receipt(2, 5))
    handlers().message_status(receipt(2, 4))
    expect(item()).toMatchObject({ peer_read_seq: 5, peer_delivered_seq: 5 })
  })

  it('takes a message as the receipt of its sender, and asks whether what it answers was read', async () => {
    serve({ [`/chatrooms/${ROOM}`]: room({ last_seq: 6, last_message: message(6), peer_read_seq: 6 }) })
    handlers().new_message({ message: message(6), unread_count: 1 })
    expect(item()).toMatchObject({ peer_read_seq: 3, peer_delivered_seq: 6, last_read_seq: 5 })
    await vi.waitFor(() => expect(item()?.peer_read_seq).toBe(6))
    handlers().new_message({ message: message(7, { sender_id: 1 }), unread_count: 0 })
    expect(item()).toMatchObject({ peer_read_seq: 6, last_read_seq: 7, unread_count: 0 })
  })

  it('takes no answer as read by a member who does not show what they read', async () => {
    useRooms().patch(ROOM, { peer_read_seq: 0 })
    const asked = vi.fn(() =>
      Promise.resolve(Response.json(room({ last_seq: 6, last_message: message(6), peer_read_seq: 0 }))),
    )
    vi.stubGlobal('fetch', asked)
    handlers().new_message({ message: message(6), unread_count: 1 })
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1))
    handlers().new_message({ message: message(7), unread_count: 2 })
    await Promise.resolve()
    expect(asked).toHaveBeenCalledTimes(1)
    expect(item()).toMatchObject({ peer_read_seq: 0, peer_delivered_seq: 7 })
  })

  it('takes what a webhook sends to a room of two for nobody’s receipt', () => {
    const asked = vi.fn(() => Promise.resolve(Response.json(room())))
    vi.stubGlobal('fetch', asked)
    handlers().new_message({ message: message(6, { sender_id: 9 }), unread_count: 1 })
    expect(item()).toMatchObject({ peer_read_seq: 3, peer_delivered_seq: 5 })
    expect(asked).not.toHaveBeenCalled()
  })

  it('takes the own receipt from another device', () => {
    useRooms().upsert(room({ unread_count: 3, last_seq: 8, last_read_seq: 5 }))
    handlers().message_status(receipt(1, 8))
    expect(item()).toMatchObject({ unread_count: 0, last_read_seq: 8 })
  })

  it('ends typing with the message', () => {
    const events = handlers()
    events.typing({ chatroom_id: ROOM, user_id: 2, is_typing: true })
    expect(useTyping().rooms.get(ROOM)).toEqual([2])
    events.new_message({ message: message(6), unread_count: 1 })
    expect(useTyping().rooms.get(ROOM)).toEqual([])
  })

  it('moves people between the lists', () => {
    const friends = useFriends()
    const events = handlers()
    events.friend_request({ friend: friend(7) })
    expect(friends.received.map((each) => each.user_id)).toEqual([7])
    events.friend_accepted({ friend: friend(7) })
    expect([friends.received.length, friends.relationTo(7)]).toEqual([0, 'friend'])
    events.friend_removed({ user_id: 7 })
    expect(friends.relationTo(7)).toBe('none')
  })

  it('takes new profiles, also the own one', () => {
    const profile = { username: 'u2', nickname: '小明', avatar_url: null, status: null }
    handlers().user_updated({ user: { ...profile, user_id: 2 } })
    expect(usePeople().nameOf(2)).toBe('小明')
    handlers().user_updated({ user: { ...profile, user_id: 1 } })
    expect(useSession().user?.nickname).toBe('小明')
  })

  it('updates an edited message in the timeline, in the list and in its quotes', async () => {
    const messages = await opened([message(4), answer(5, message(4))])
    handlers().message_updated({
      message: message(4, { content: '改過', edited_at: '2026-11-22T01:00:00Z' }),
    })
    expect(messages()).toMatchObject([{ content: '改過' }, { reply_to: { content: '改過', deleted: false } }])
    expect(item()?.last_message?.content).toBe('第 5 則')
    handlers().message_updated({ message: message(5, { content: '也改過' }) })
    expect([messages()[1]?.content, item()?.last_message?.content]).toEqual(['也改過', '也改過'])
  })

  it('empties an unsent message and its quotes', async () => {
    const messages = await opened([message(4), answer(5, message(4))])
    handlers().message_deleted({ message: unsent(4) })
    expect(messages()).toMatchObject([
      { deleted: true, content: '' },
      { deleted: false, reply_to: { content: '', deleted: true } },
    ])
    handlers().message_deleted({ message: unsent(5) })
    expect(item()?.last_message).toMatchObject({ deleted: true })
  })

  it('updates reactions, and keeps the read state', async () => {
    const own = { sender_id: 1, read_status: 'read', read_by_count: 2 } as const
    const messages = await opened([message(5, own)])
    const reactions = [{ emoji: '👍', count: 1, user_ids: [2] }]
    handlers().message_reacted({ message: message(5, { sender_id: 1, reactions }) })
    expect(messages()).toMatchObject([{ ...own, reactions }])
  })

  it('shows the preview of a link that comes after its message, and takes it away', async () => {
    const messages = await opened([message(4), message(5)])
    const preview = { url: 'https://example.tw/', title: '陽明山' }
    const event = { chatroom_id: ROOM, message_id: 105, seq: 5 }
    handlers().message_previewed({ ...event, preview })
    expect(messages().map((each) => each.preview)).toEqual([undefined, preview])
    handlers().message_previewed({ ...event, preview: null })
    expect(messages()[1]?.preview).toBeUndefined()
    // Of a message that is not loaded nothing is shown.
    handlers().message_previewed({ ...event, seq: 9, message_id: 109, preview })
    expect(messages()).toHaveLength(2)
  })

  it('removes a message hidden on another device, and loads the newest message of the list', async () => {
    const messages = await opened([message(4), message(5), answer(6, message(5))])
    serve({ [`/chatrooms/${ROOM}`]: { ...room({ last_message: message(4) }), participants: [], marks: [] } })
    handlers().message_hidden({ chatroom_id: ROOM, message_id: 105, seq: 5 })
    expect(messages().map((each) => each.seq)).toEqual([4, 6])
    expect(messages()[1]?.reply_to).toMatchObject({ content: '', deleted: true })
    await vi.waitFor(() => expect(item()?.last_message?.seq).toBe(4))
    handlers().new_message({ message: answer(7, message(5)), unread_count: 1 })
    expect(messages().map((each) => [each.seq, each.reply_to?.content])).toEqual([
      [4, undefined],
      [6, ''],
      [7, ''],
    ])
  })

  it('loads the newest message once, although it is hidden twice', async () => {
    useRooms().upsert(room({ last_message: message(5) }))
    const shown = { ...room({ last_message: message(4) }), participants: [], marks: [] }
    const fetched = vi.fn(() => Promise.resolve(Response.json(shown)))
    vi.stubGlobal('fetch', fetched)
    for (let n = 0; n < 2; n += 1) handlers().message_hidden({ chatroom_id: ROOM, message_id: 105, seq: 5 })
    await vi.waitFor(() => expect(item()?.last_message?.seq).toBe(4))
    expect(fetched).toHaveBeenCalledTimes(1)
  })

  it('counts in a group who has read a message, by receipts and by messages', async () => {
    useRooms().upsert(room({ is_group: true }))
    const marks = [
      { user_id: 1, last_delivered_seq: 5, last_read_seq: 5 },
      { user_id: 2, last_delivered_seq: 5, last_read_seq: 5 },
      { user_id: 3, last_delivered_seq: 5, last_read_seq: 2 },
    ]
    serve({ [`/chatrooms/${ROOM}`]: { ...room({ is_group: true }), participants: [], marks } })
    const { load, readBy } = useReceipts()
    const own = message(5, { sender_id: 1 })
    handlers().message_status(receipt(3, 1))
    expect(readBy(own)).toBe(0)
    await load(ROOM)
    expect(readBy(own)).toBe(1)
    handlers().message_status(receipt(3, 5))
    expect(readBy(own)).toBe(2)
    handlers().new_message({ message: message(6, { sender_id: 3 }), unread_count: 1 })
    expect([readBy(message(6, { sender_id: 1 })), readBy(message(7, { sender_id: 1 }))]).toEqual([1, 0])
    // A webhook, which is no member.
    handlers().new_message({ message: message(7, { sender_id: 9 }), unread_count: 2 })
    expect(readBy(message(6, { sender_id: 1 }))).toBe(1)
  })

  it('drops the receipt and the typing of a member who left', async () => {
    useRooms().upsert(room({ is_group: true }))
    const marks = [1, 2, 3].map((user_id) => ({ user_id, last_delivered_seq: 5, last_read_seq: 5 }))
    serve({ [`/chatrooms/${ROOM}`]: { ...room({ is_group: true }), participants: [], marks } })
    const { load, readBy } = useReceipts()
    await load(ROOM)
    handlers().typing({ chatroom_id: ROOM, user_id: 3, is_typing: true })
    handlers().member_left({ chatroom_id: ROOM, user_id: 3, removed_by: null })
    expect([readBy(message(5, { sender_id: 1 })), useTyping().rooms.get(ROOM)]).toEqual([1, []])
    expect(item()).not.toBeNull()
  })

  it('removes a group that was left on another device, also from a list that is older', async () => {
    await opened([message(5)])
    useDrafts().set(ROOM, '還沒說完')
    serve({ '/chatrooms': [room({ is_group: true })] })
    const loaded = useRooms().load()
    handlers().member_left({ chatroom_id: ROOM, user_id: 1, removed_by: null })
    await loaded
    expect([useRooms().list, useMessages().of(ROOM).messages, useDrafts().of(ROOM)]).toEqual([[], [], ''])
    useRooms().upsert(room({ is_group: true }))
    expect(useRooms().list.length).toBe(1)
  })

  it('shows how a group looks, what the user may do in it, and what they have set for it', () => {
    useRooms().upsert(room({ is_group: true, role: 'admin' }))
    const { chatroom_updated, role_changed, room_settings } = handlers()
    chatroom_updated({ chatroom_id: ROOM, chatroom_name: '讀書會', avatar_url: '/a.png' })
    expect(item()).toMatchObject({ chatroom_name: '讀書會', username: '讀書會', avatar_url: '/a.png' })
    chatroom_updated({ chatroom_id: ROOM, chatroom_name: null, avatar_url: null })
    expect(item()?.friend_name).toBe('private chatroom')
    role_changed({ chatroom_id: ROOM, user_id: 2, role: 'member' })
    expect(item()?.role).toBe('admin')
    role_changed({ chatroom_id: ROOM, user_id: 1, role: 'owner' })
    expect(item()?.role).toBe('owner')
    const settings = { muted_until: null, archived: true, pinned: true, marked_unread: false, draft: '草稿' }
    room_settings({ chatroom_id: ROOM, ...settings })
    expect(item()).toMatchObject(settings)
  })

  it('counts who joins among those who read, and what the server wrote as nobody’s reading', async () => {
    useRooms().upsert(room({ is_group: true }))
    const marks = [1, 2].map((user_id) => ({ user_id, last_delivered_seq: 5, last_read_seq: 5 }))
    serve({ [`/chatrooms/${ROOM}`]: { ...room({ is_group: true }), participants: [], marks } })
    const { load, readBy } = useReceipts()
    await load(ROOM)
    const profile = { user_id: 3, username: 'u3', nickname: '新人', avatar_url: null, status: null }
    handlers().member_added({
      chatroom_id: ROOM,
      participant: { ...profile, role: 'member', joined_at: '2026-11-22T00:00:00.000000Z' },
      marks: { user_id: 3, last_delivered_seq: 5, last_read_seq: 5 },
    })
    expect([readBy(message(5, { sender_id: 1 })), usePeople().nameOf(3)]).toEqual([2, '新人'])
    const system = { action: 'added' as const, actor: 2, subjects: [3], name: null, role: null }
    handlers().new_message({ message: message(6, { sender_id: 2, system }), unread_count: 0 })
    expect([readBy(message(6, { sender_id: 1 })), item()?.last_message?.seq]).toEqual([0, 6])
  })

  it('takes a revocation during sign-out as signed out', async () => {
    const events = handlers()
    vi.stubGlobal('fetch', () => {
      events.session_revoked({})
      return Promise.resolve(Response.json({ msg: 'Successfully logged out' }))
    })
    await useSession().signOut(true)
    expect(useSession().ended).toBe('signed-out')
  })

  it('ends the session when it is revoked', () => {
    handlers().session_revoked({})
    expect([useSession().user, useSession().ended]).toEqual([null, 'revoked'])
  })
})

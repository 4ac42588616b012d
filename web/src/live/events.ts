import type { Card, Friend, Message, ReadMark, RoomItem } from '@/api/types'
import { useConnection } from '@/stores/connection'
import { useFriends } from '@/stores/friends'
import { useMessages } from '@/stores/messages'
import { useOutbox } from '@/stores/outbox'
import { usePeople } from '@/stores/people'
import { useRooms } from '@/stores/rooms'
import { useSession } from '@/stores/session'
import { useTyping } from '@/stores/typing'
import { connect, disconnect, type Link } from './socket'

/** What the server may say unasked. */
interface Events {
  new_message: { message: Message; unread_count: number }
  message_status: ReadMark
  typing: { chatroom_id: string; user_id: number; is_typing: boolean }
  presence: { user_id: number; online: boolean; last_seen: string | null }
  friend_request: { friend: Friend }
  friend_accepted: { friend: Friend }
  friend_removed: { user_id: number }
  chatroom_created: { chatroom: RoomItem }
  chatroom_updated: { chatroom: RoomItem }
  user_updated: { user: Card }
  session_revoked: unknown
}

type Table = { [Name in keyof Events]: (payload: Events[Name]) => void }

const SETTLE_MS = 800

/** The table: what each event does to the stores. */
export function table(): Table {
  const session = useSession()
  const people = usePeople()
  const rooms = useRooms()
  const messages = useMessages()
  const friends = useFriends()
  const outbox = useOutbox()
  const typing = useTyping()
  let refreshing: ReturnType<typeof setTimeout> | undefined

  return {
    new_message: ({ message, unread_count }) => {
      typing.heard(message.chatroom_id, message.sender_id, false)
      if (message.sender_id === session.me) outbox.arrived(message)
      else {
        messages.receive(message)
        rooms.received(message, unread_count)
      }
    },
    message_status: (mark) => {
      rooms.marked(mark)
      // In a group a single mark does not tell how many have read a message; the server counts.
      const group = rooms.items.get(mark.chatroom_id)?.is_group
      if (!group || mark.user_id === session.me || rooms.current !== mark.chatroom_id) return
      clearTimeout(refreshing)
      refreshing = setTimeout(() => void messages.refreshNewest(mark.chatroom_id), SETTLE_MS)
    },
    typing: ({ chatroom_id, user_id, is_typing }) => {
      if (user_id !== session.me) typing.heard(chatroom_id, user_id, is_typing)
    },
    presence: ({ user_id, online, last_seen }) => people.setPresence(user_id, { online, last_seen }),
    friend_request: ({ friend }) => friends.move(friend, 'received'),
    friend_accepted: ({ friend }) => friends.move(friend, 'friend'),
    friend_removed: ({ user_id }) => friends.drop(user_id),
    chatroom_created: ({ chatroom }) => rooms.upsert(chatroom),
    chatroom_updated: ({ chatroom }) => rooms.upsert(chatroom),
    user_updated: ({ user }) => {
      people.learn(user)
      friends.learn(user)
      if (user.user_id === session.me) session.learn({ ...user, status: user.status ?? null })
    },
    session_revoked: () => session.end('revoked'),
  }
}

/** Opens the live connection and lets its events into the stores; returns what closes it. */
export function goLive(): () => void {
  const events = table() as Record<string, ((payload: unknown) => void) | undefined>
  const connection = useConnection()
  connect({
    event: (name, payload) => events[name]?.(payload),
    link: (link: Link) => {
      connection.set(link)
      if (link === 'online') void resync()
    },
  })
  return disconnect
}

/** Fetches what happened while nobody listened. */
async function resync(): Promise<void> {
  const rooms = useRooms()
  useOutbox().hurry()
  await Promise.all([rooms.load(), useFriends().load(), useMessages().resync(rooms.current)])
}

import type { Card, Friend, Hidden, Message, ReadMark, RoomItem } from '@/api/types'
import * as sync from '@/api/sync'
import { useConnection } from '@/stores/connection'
import { useFriends } from '@/stores/friends'
import { useMessages } from '@/stores/messages'
import { useOutbox } from '@/stores/outbox'
import { usePeople } from '@/stores/people'
import { useRooms } from '@/stores/rooms'
import { useSession } from '@/stores/session'
import { useTyping } from '@/stores/typing'
import { useMarks } from '@/stores/marks'
import { connect, disconnect, type Link } from './socket'
import { Stream } from './stream'

/** What the server may say unasked. */
interface Events {
  new_message: { message: Message; unread_count: number }
  message_updated: { message: Message }
  message_deleted: { message: Message }
  message_reacted: { message: Message }
  message_hidden: Hidden
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

/** The table: what each event does to the stores. */
export function table(): Table {
  const session = useSession()
  const people = usePeople()
  const rooms = useRooms()
  const messages = useMessages()
  const friends = useFriends()
  const outbox = useOutbox()
  const typing = useTyping()
  const marks = useMarks()
  const changed = ({ message }: { message: Message }) => {
    messages.change(message)
    rooms.changed(message)
  }

  return {
    new_message: ({ message, unread_count }) => {
      typing.heard(message.chatroom_id, message.sender_id, false)
      marks.wrote(message)
      if (message.sender_id === session.me) outbox.arrived(message)
      else {
        messages.receive(message)
        rooms.received(message, unread_count)
      }
    },
    message_updated: changed,
    message_deleted: changed,
    message_reacted: changed,
    message_hidden: (hidden) => {
      messages.hide(hidden)
      void rooms.hidden(hidden)
    },
    message_status: (mark) => {
      rooms.marked(mark)
      marks.moved(mark)
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

/** Loads what the shell shows and keeps it fresh; returns what ends that. */
export function goLive(): () => void {
  const events = table() as Record<string, ((payload: unknown) => void) | undefined>
  const connection = useConnection()
  const stream = new Stream({
    missed: sync.since,
    apply: (name, payload) => events[name]?.(payload),
    renew,
  })
  let over = false
  const link = (link: Link) => {
    connection.set(link)
    if (link === 'lost') stream.lost()
    if (link !== 'online') return
    stream.connected()
    useOutbox().hurry()
    // Who is here is in no log.
    void useFriends().lookAround()
  }
  // Where to begin comes first: whatever changes while the lists are fetched is then told again.
  void stream.begin().then(() => {
    if (over) return
    connect({ event: (name, payload) => stream.heard(name, payload), link, since: () => stream.since })
  })
  return () => {
    over = true
    stream.lost()
    disconnect()
  }
}

/** Fetches the lists and the room on screen; the other rooms are fetched when they are opened again. */
async function renew(): Promise<void> {
  const rooms = useRooms()
  const { current } = rooms
  const parts = [
    rooms.load(true),
    useFriends().load(),
    useMessages().renew(current),
    useMarks().renew(current),
  ]
  await Promise.all(parts)
}

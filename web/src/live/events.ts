import * as sync from '@/api/sync'
import type { Message, ServerEvents } from '@/api/types'
import { useBlocks } from '@/stores/blocks'
import { useConnection } from '@/stores/connection'
import { useDrafts } from '@/stores/drafts'
import { useExports } from '@/stores/exports'
import { useFriends } from '@/stores/friends'
import { hidden, updated } from '@/stores/messageActions'
import { useMembers } from '@/stores/members'
import { useMessages } from '@/stores/messages'
import { useNotifications } from '@/stores/notifications'
import { useOffline } from '@/stores/offline'
import { useOutbox } from '@/stores/outbox'
import { usePeople } from '@/stores/people'
import { usePrivacy } from '@/stores/privacy'
import { useReceipts } from '@/stores/receipts'
import { left } from '@/stores/roomActions'
import { useRooms } from '@/stores/rooms'
import { useScheduled } from '@/stores/scheduled'
import { useSession } from '@/stores/session'
import { useTyping } from '@/stores/typing'
import { EventLog, type LogControl } from './log'
import { connect, disconnect, type ConnectionState } from './socket'

/** `receive_message` goes only to sockets that joined a room by name, `session` only to those that recover. */
type Unused = 'receive_message' | 'session'
/** The events that update the stores; the rest is handled by the event log and the socket. */
type StoreEvent = Exclude<keyof ServerEvents, LogControl | 'restart' | Unused>
type Handlers = { [Name in StoreEvent]: (payload: Omit<ServerEvents[Name], 'pos'>) => void }

/** The table of events: how each updates the stores. */
export function handlers(): Handlers {
  const session = useSession()
  const people = usePeople()
  const rooms = useRooms()
  const messages = useMessages()
  const friends = useFriends()
  const outbox = useOutbox()
  const typing = useTyping()
  const receipts = useReceipts()
  const members = useMembers()
  const drafts = useDrafts()
  const blocks = useBlocks()
  const privacy = usePrivacy()
  const notifications = useNotifications()
  const update = ({ message }: { message: Message }) => updated(message)

  return {
    new_message: ({ message, unread_count }) => {
      // What the server wrote is nobody's sending.
      if (!message.system) {
        typing.receive(message.chatroom_id, message.sender_id, false)
        receipts.receiveMessage(message)
        if (message.sender_id === session.me) return outbox.sent(message)
      }
      messages.receive(message)
      rooms.receive(message, unread_count)
      notifications.announce(message)
    },
    message_updated: update,
    message_deleted: ({ message }) => {
      updated(message)
      notifications.unsend(message)
    },
    message_reacted: update,
    message_previewed: messages.receivePreview,
    message_pinned: rooms.receivePin,
    message_hidden: hidden,
    message_expired: hidden,
    message_status: (receipt) => {
      rooms.receiveReceipt(receipt)
      receipts.receive(receipt)
      if (receipt.user_id === session.me) notifications.read(receipt.chatroom_id, receipt.last_read_seq)
    },
    typing: ({ chatroom_id, user_id, is_typing }) => {
      if (user_id !== session.me) typing.receive(chatroom_id, user_id, is_typing)
    },
    presence: people.setPresence,
    friend_request: ({ friend }) => friends.move(friend, 'received'),
    friend_accepted: ({ friend }) => friends.move(friend, 'friend'),
    friend_removed: ({ user_id }) => friends.remove(user_id),
    chatroom_created: ({ chatroom }) => rooms.upsert(chatroom),
    chatroom_updated: rooms.receiveLook,
    disappear_after_changed: ({ chatroom_id, disappear_after }) =>
      rooms.patch(chatroom_id, { disappear_after }),
    member_added: ({ chatroom_id, participant, marks }) => {
      members.add(chatroom_id, participant)
      receipts.addMember(chatroom_id, marks)
    },
    role_changed: ({ chatroom_id, user_id, role }) => {
      members.setRole(chatroom_id, user_id, role)
      if (user_id === session.me) rooms.patch(chatroom_id, { role })
    },
    chatroom_request: ({ chatroom_id, request }) => rooms.patch(chatroom_id, { request }),
    user_blocked: ({ user }) => blocks.add(user),
    user_unblocked: ({ user_id }) => blocks.remove(user_id),
    settings_updated: ({ settings }) => privacy.receive(settings),
    scheduled_messages: ({ chatroom_id, scheduled }) => useScheduled().receive(chatroom_id, scheduled),
    room_settings: ({ chatroom_id, ...settings }) => {
      const before = rooms.items.get(chatroom_id)?.draft ?? null
      rooms.patch(chatroom_id, settings)
      if (settings.draft !== before) drafts.receive(chatroom_id, settings.draft)
    },
    member_left: ({ chatroom_id, user_id }) => {
      if (user_id === session.me) return left(chatroom_id)
      typing.receive(chatroom_id, user_id, false)
      receipts.removeMember(chatroom_id, user_id)
      members.remove(chatroom_id, user_id)
    },
    user_updated: ({ user }) => {
      people.update(user)
      friends.updateProfile(user)
      if (user.user_id === session.me) session.update(user)
    },
    export_ready: () => useExports().receive(),
    session_revoked: () => session.end('revoked'),
  }
}

/** Shows what was kept at the last visit, loads what is not, and keeps all up to date; returns what ends that. */
export function start(): () => void {
  const offline = useOffline()
  const ends: (() => void)[] = []
  let stopped = false
  void offline.restore().then((cursor) => {
    if (stopped) return
    const log = follow(cursor, ends)
    ends.push(offline.keepUp(() => log.shown))
  })
  return () => {
    stopped = true
    ends.forEach((end) => end())
  }
}

/** Follows the event log from a cursor, or from now on; adds to `ends` what ends that. */
function follow(cursor: string | null, ends: (() => void)[]): EventLog {
  const table = handlers() as Record<string, ((payload: unknown) => void) | undefined>
  const connection = useConnection()
  const log = new EventLog({
    fetch: sync.since,
    apply: (name, payload) => table[name]?.(payload),
    reload,
    cursor,
  })
  let stopped = false
  ends.push(() => {
    stopped = true
    log.disconnected()
    disconnect()
  })
  const onState = (state: ConnectionState) => {
    connection.set(state)
    if (state === 'lost') log.disconnected()
    if (state !== 'online') return
    log.connected()
    useOutbox().sendAll()
    void useFriends().loadPresence()
    // What could not be loaded is asked for by the page that shows it.
    useExports()
      .load()
      .catch(() => undefined)
  }
  // The first cursor precedes the first load, so that whatever changes meanwhile is replayed.
  void log.start().then(() => {
    if (stopped) return
    connect({ onEvent: (name, payload) => log.receive(name, payload), onState, cursor: () => log.since })
  })
  return log
}

/** Loads the lists and the room on screen anew; the other rooms are loaded when they are opened. */
async function reload(): Promise<void> {
  const rooms = useRooms()
  const { current } = rooms
  useScheduled().clear()
  await Promise.all([
    rooms.load(true),
    useFriends().load(),
    // Without it nobody is shown as blocked, and the server refuses all the same.
    useBlocks()
      .load()
      .catch(() => undefined),
    useMessages().reload(current),
    useReceipts().reload(current),
  ])
}

import type { Message, Room } from '@/api/types'

/** The room of the tests, with the users 1, who is signed in, and 2. */
export const ROOM = '01935b6e-0000-7000-8000-000000000001'

/** A message from the server; its id is its `seq` plus 100. */
export const message = (seq: number, over: Partial<Message> = {}): Message => ({
  message_id: 100 + seq,
  chatroom_id: ROOM,
  seq,
  sender_id: 2,
  user: { id: 2, username: 'u2', userName: 'u2', nickname: null, profilePictureUrl: null },
  content: `第 ${seq} 則`,
  caption: null,
  message_type: 'text',
  media_url: null,
  media: null,
  read_status: 'unread',
  read_by_count: 0,
  timestamp: new Date(Date.UTC(2026, 10, 22, 0, seq)).toISOString(),
  client_msg_id: null,
  reply_to: null,
  reactions: [],
  edited_at: null,
  deleted: false,
  ...over,
})

/** An unsent message. */
export const unsent = (seq: number, over: Partial<Message> = {}): Message =>
  message(seq, { content: '', deleted: true, ...over })

/** A message that answers another. */
export function answer(seq: number, to: Message): Message {
  const { message_id, seq: quoted, sender_id, user, content, message_type, deleted } = to
  const quote = { message_id, seq: quoted, sender_id, user, content, message_type, deleted }
  return message(seq, { reply_to: quote })
}

/** The room in the list: five messages, the last by user 1. */
export const room = (over: Partial<Room> = {}): Room => ({
  chatroom_id: ROOM,
  chatroom_name: 'private chatroom',
  friend_name: 'u2',
  user_id: 2,
  username: 'u2',
  nickname: null,
  avatar_url: null,
  status: null,
  is_group: false,
  request: null,
  role: 'member',
  online: false,
  last_message: message(5, { sender_id: 1 }),
  unread_count: 0,
  mention_count: 0,
  last_seq: 5,
  last_read_seq: 5,
  last_read_message_id: 105,
  peer_delivered_seq: 5,
  peer_read_seq: 3,
  disappear_after: null,
  created_at: '2026-11-01T00:00:00.000000Z',
  updated_at: '2026-11-01T00:00:00.000000Z',
  muted_until: null,
  archived: false,
  pinned: false,
  marked_unread: false,
  draft: null,
  ...over,
})

/** A picture that was chosen. */
export const picture = (name: string) => new File(['x'], name, { type: 'image/png' })

/** A picture in the composer's tray. */
export const attachment = (file: File) =>
  ({ file, kind: 'image', width: null, height: null, preview: 'blob:x' }) as const

/** A file that the browser cannot read: a folder, or one that is gone. */
export function unreadable(name: string): File {
  const slice = () => ({ arrayBuffer: () => Promise.reject(new Error('NotFoundError')) }) as unknown as Blob
  return Object.assign(picture(name), { slice })
}

/** An upload that is answered when a test says so; stands in for `XMLHttpRequest`. */
export class FakeUpload {
  static all: FakeUpload[] = []
  readonly upload = {}
  aborted = false
  status = 0
  responseText = ''
  onload: (() => void) | null = null
  onerror: (() => void) | null = null
  onabort: (() => void) | null = null

  constructor() {
    FakeUpload.all.push(this)
  }

  open = () => undefined
  setRequestHeader = () => undefined
  getResponseHeader = () => null
  send = () => undefined

  abort = () => {
    this.aborted = true
    this.onabort?.()
  }

  answer(status: number, body: unknown): void {
    this.status = status
    this.responseText = JSON.stringify(body)
    this.onload?.()
  }
}

/** What pages and the service worker say to each other. */

/** What a push says of a message (docs/API.md); pages tell the worker the same of messages that they receive. */
export interface Push {
  type: 'message' | 'unsent'
  chatroom_id: string
  message_id: number
  seq: number
  sender_name?: string
  /** Null in a one-to-one room. */
  chatroom_name?: string | null
  message_type?: string
  content?: string
}

/** A room was read up to a message, here or elsewhere. */
export interface RoomRead {
  type: 'read'
  chatroom_id: string
  seq: number
}

export type ToWorker = Push | RoomRead | { type: 'activate' }

/** A notification was clicked: the page that got the focus goes to its room. */
export interface ToPage {
  type: 'open'
  path: string
}

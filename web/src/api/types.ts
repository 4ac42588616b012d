/** The server's payloads, by the names the client gives them; the shapes come from its documents. */
import type { Requests, ServerEvents } from './generated/asyncapi'
import type { Answer, Body } from './operations'

export type { Requests, ServerEvents }

export type Message = ServerEvents['new_message']['message']
/** The kind of content a message carries. */
export type MessageKind = Message['message_type']
/** What a message answers; of an unsent or hidden message nothing but its `seq`. */
export type Quote = NonNullable<Message['reply_to']>
/** Which sticker a picture is: a pack, and the sticker in it. */
export type Sticker = NonNullable<Message['sticker']>
export type Reaction = Message['reactions'][number]
/** A message that the user hid for themself, on this device or another. */
export type MessageHidden = Omit<ServerEvents['message_hidden'], 'pos'>
/** The preview of a message's link, which came later than the message, or went. */
export type MessagePreviewed = Omit<ServerEvents['message_previewed'], 'pos'>
/** What the page behind a link says of itself. */
export type LinkPreview = NonNullable<Message['preview']>
/** How far a member has received and read the messages of a room. */
export type Receipt = Omit<ServerEvents['message_status'], 'pos'>
/** How far a member has received and read the messages of a room, without the room. */
export type Marks = ServerEvents['member_added']['marks']
/** A member of a room, with their role. */
export type Member = ServerEvents['member_added']['participant']
/** A copy of all that is the user's own. */
export type Export = Answer<'GET', '/user/me/export'>
/** What a member sets for a room, for themself alone; what is absent stays. */
export type RoomSettingsChange = Body<'PATCH', '/chatrooms/{chatroom_id}/settings'>
export type RoomSettings = Omit<ServerEvents['room_settings'], 'pos'>
/** A room as one of its members sees it; in a direct room the other member's profile is part of it. */
export type Room = ServerEvents['chatroom_created']['chatroom']
/** What everybody may see of a person. */
export type Profile = ServerEvents['user_updated']['user']
export type Friend = ServerEvents['friend_accepted']['friend']
export type Presence = ServerEvents['presence']

/** A message as it is sent, without its room. */
export type NewMessage = WithoutRoom<Requests['send_message']['payload']>
/** A message that waits for its time. */
export type ScheduledMessage = ServerEvents['scheduled_messages']['scheduled'][number]
/** An acknowledgement that refuses. */
export type Refused = Extract<Requests['send_message']['answer'], { ok: false }>
/** A page of the event log: what was missed since a cursor. */
export type LogPage = Answer<'GET', '/sync'>

type WithoutRoom<Payload> = Payload extends { chatroom_id: unknown } ? Omit<Payload, 'chatroom_id'> : never

/** A user whom one blocks. */
export type Blocked = ServerEvents['user_blocked']['user']
export type Privacy = ServerEvents['settings_updated']['settings']
export type PrivacyChange = Body<'PATCH', '/user/me/settings'>
export type Report = Body<'POST', '/reports'>
export type Registration = Body<'POST', '/auth/register'>
export type ProfileChange = Body<'PATCH', '/user/{user_id}'>
/** An account as its owner sees it; others see it without the e-mail. */
export type User = Answer<'GET', '/user/me'>
export type Tokens = Answer<'POST', '/auth/token'>
/** A stored file, which is the content of a message of any kind but text. */
export type Upload = Answer<'POST', '/upload/upload-message-file'> & {
  message_type: Exclude<MessageKind, 'text'>
}
/** A token by which a program acts for a user or a bot. */
export type ApiToken = Answer<'GET', '/user/me/tokens'>[number]
export type NewToken = Body<'POST', '/user/me/tokens'>
/** What a token lets a program do. */
export type TokenScope = NewToken['scopes'][number]
/** An account that programs act as. */
export type Bot = User
/** Where the events of a bot are posted to. */
export type OutgoingWebhook = Answer<'GET', '/bots/{user_id}/webhooks'>[number]
/** An event that is, or was, to be posted. */
export type WebhookDelivery = Answer<'GET', '/bots/{user_id}/webhooks/{webhook_id}/deliveries'>[number]
/** An event that may be posted. */
export type EventName = OutgoingWebhook['events'][number]
/** An account as administrators see it. */
export type Account = Answer<'GET', '/admin/users'>['items'][number]
/** A report as administrators see it. */
export type ReceivedReport = Answer<'GET', '/admin/reports'>['items'][number]
export type ReportState = ReceivedReport['state']
/** An entry of the audit log. */
export type AuditEntry = Answer<'GET', '/admin/audit'>['items'][number]

import { call } from './client'
import type { Member } from './types'

const of = (chatroom_id: string) => ({ path: { chatroom_id } })
const ofMember = (chatroom_id: string, user_id: number) => ({ path: { chatroom_id, user_id } })

/** Takes friends into a group. */
export const add = (room: string, members_id: number[]) =>
  call('POST', '/chatrooms/{chatroom_id}/participants', { ...of(room), body: { members_id } })

/** Removes a member from a group. */
export const remove = (room: string, user: number) =>
  call('DELETE', '/chatrooms/{chatroom_id}/participants/{user_id}', ofMember(room, user))

/** Gives a member another role; `owner` hands the group over. */
export const setRole = (room: string, user: number, role: Member['role']) =>
  call('PATCH', '/chatrooms/{chatroom_id}/participants/{user_id}', {
    ...ofMember(room, user),
    body: { role },
  })

/** The invite links of a group, without their tokens. */
export const invites = (room: string) => call('GET', '/chatrooms/{chatroom_id}/invites', of(room))

/** Makes an invite link, whose token is shown this once. */
export const invite = (room: string, expires_at: string) =>
  call('POST', '/chatrooms/{chatroom_id}/invites', { ...of(room), body: { expires_at } })

/** Revokes an invite link. */
export const revoke = (chatroom_id: string, invite_id: string) =>
  call('DELETE', '/chatrooms/{chatroom_id}/invites/{invite_id}', { path: { chatroom_id, invite_id } })

/** The group that an invite link is of. */
export const preview = (token: string) => call('GET', '/invites/{token}', { path: { token } })

/** Joins the group of an invite link. */
export const join = (token: string) => call('POST', '/invites/{token}/accept', { path: { token } })

import { call } from './client'
import type { NewToken, OutgoingWebhook, ProfileChange } from './types'

const of = (user_id: number) => ({ path: { user_id } })

/** The tokens of the user, or of one of their bots, without their texts. */
export const tokens = (bot?: number) =>
  bot === undefined ? call('GET', '/user/me/tokens', {}) : call('GET', '/bots/{user_id}/tokens', of(bot))

/** Makes a token, whose text is shown this once. */
export const createToken = (body: NewToken, bot?: number) =>
  bot === undefined
    ? call('POST', '/user/me/tokens', { body })
    : call('POST', '/bots/{user_id}/tokens', { ...of(bot), body })

/** Revokes a token. */
export const revokeToken = (token_id: string, bot?: number) =>
  bot === undefined
    ? call('DELETE', '/user/me/tokens/{token_id}', { path: { token_id } })
    : call('DELETE', '/bots/{user_id}/tokens/{token_id}', { path: { user_id: bot, token_id } })

/** The user's bots. */
export const bots = () => call('GET', '/bots', {})

/** Makes a bot, which is the user's friend from the start. */
export const createBot = (username: string, nickname: string) =>
  call('POST', '/bots', { body: { username, ...(nickname && { nickname }) } })

/** Changes the profile of a bot; an empty text clears a field. */
export const changeBot = (bot: number, body: ProfileChange) =>
  call('PATCH', '/bots/{user_id}', { ...of(bot), body })

/** Deletes a bot; its messages stay. */
export const removeBot = (bot: number) => call('DELETE', '/bots/{user_id}', of(bot))

const WEBHOOK = '/bots/{user_id}/webhooks/{webhook_id}'
const pathOf = ({ user_id, webhook_id }: WebhookPath) => ({ path: { user_id, webhook_id } })
/** Names an outgoing webhook in a path. */
type WebhookPath = Pick<OutgoingWebhook, 'user_id' | 'webhook_id'>
/** Where a webhook posts to, and which events. */
type Target = Pick<OutgoingWebhook, 'url' | 'events'>

/** The outgoing webhooks of a bot, without their secrets. */
export const webhooks = (bot: number) => call('GET', '/bots/{user_id}/webhooks', of(bot))

/** Makes an outgoing webhook, whose secret is shown this once. */
export const createWebhook = (bot: number, body: Target) =>
  call('POST', '/bots/{user_id}/webhooks', { ...of(bot), body })

/** Changes an outgoing webhook, disables it, or enables it again. */
export const changeWebhook = (webhook: WebhookPath, body: Partial<Target> & { enabled?: boolean }) =>
  call('PATCH', WEBHOOK, { ...pathOf(webhook), body })

/** Deletes an outgoing webhook. */
export const removeWebhook = (webhook: WebhookPath) => call('DELETE', WEBHOOK, pathOf(webhook))

/** The last deliveries of a webhook, the last queued first. */
export const deliveries = (webhook: WebhookPath) => call('GET', `${WEBHOOK}/deliveries`, pathOf(webhook))

/** Posts a delivery again. */
export const redeliver = ({ user_id, webhook_id }: WebhookPath, delivery_id: string) =>
  call('POST', `${WEBHOOK}/deliveries/{delivery_id}/redeliver`, {
    path: { user_id, webhook_id, delivery_id },
  })

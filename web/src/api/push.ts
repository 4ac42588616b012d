import { call } from './client'
import type { Body } from './operations'

/** The key that push services know the server by. */
export const key = () => call('GET', '/push/key', {})

export const subscribe = (body: Body<'POST', '/push/subscriptions'>) =>
  call('POST', '/push/subscriptions', { body })

export const unsubscribe = (subscription_id: string) =>
  call('DELETE', '/push/subscriptions/{subscription_id}', { path: { subscription_id } })

import { serviceWorkers } from './serviceWorker'

/** The browser's push subscription under a server's key, made if there is none; null where the browser cannot push. */
export async function subscription(key: string): Promise<PushSubscriptionJSON | null> {
  const manager = await pushManager()
  if (!manager) return null
  const known = await manager.getSubscription()
  if (known && keyOf(known) !== key) await known.unsubscribe()
  const made = await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
  return made.toJSON()
}

/** Ends the browser's push subscription. */
export async function endSubscription(): Promise<void> {
  const manager = await pushManager()
  await (await manager?.getSubscription())?.unsubscribe()
}

async function pushManager(): Promise<PushManager | null> {
  const registration = await serviceWorkers()?.getRegistration()
  return registration && 'pushManager' in registration ? registration.pushManager : null
}

/** A key in Base64 for addresses, as the server names it. */
function keyOf({ options }: PushSubscription): string {
  const bytes = new Uint8Array(options.applicationServerKey ?? new ArrayBuffer(0))
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '')
}

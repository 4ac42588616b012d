import { dropAll, dropBut } from './keep'
import { serviceWorkers } from './serviceWorker'

/** Removes what the browser keeps of an account: its offline copy, its pictures, the service worker and its push. */
export async function forget(what: 'all' | 'but the outbox'): Promise<void> {
  const drop = what === 'all' ? dropAll : () => dropBut('outbox.')
  await Promise.allSettled([drop(), dropCaches(), unregister()])
}

async function dropCaches(): Promise<void> {
  // Both exist on secure origins only.
  if (!('caches' in window)) return
  for (const name of await caches.keys()) await caches.delete(name)
}

/** Ends the push subscription as well, which belongs to the registration. */
async function unregister(): Promise<void> {
  const registrations = (await serviceWorkers()?.getRegistrations()) ?? []
  for (const registration of registrations) await registration.unregister()
}

import { dropAll, keepAll, kept } from './keep'
import { serviceWorkers } from './serviceWorker'

/** Removes what the browser keeps of an account: copies of what the server has, or all; the service worker with its push. */
export async function forget(what: 'copies' | 'all'): Promise<void> {
  const drop = what === 'all' ? dropAll : dropCopies
  await Promise.allSettled([drop(), dropCaches(), unregister()])
}

async function dropCopies(): Promise<void> {
  await keepAll([], ['offline.', 'media.', 'language', 'front'])
  if ((await kept('')).length === 0) await dropAll()
}

async function dropCaches(): Promise<void> {
  // They exist on secure origins only.
  if (!('caches' in window)) return
  for (const name of await caches.keys()) await caches.delete(name)
}

/** Ends the push subscription as well, which belongs to the registration. */
async function unregister(): Promise<void> {
  const registrations = (await serviceWorkers()?.getRegistrations()) ?? []
  for (const registration of registrations) await registration.unregister()
}

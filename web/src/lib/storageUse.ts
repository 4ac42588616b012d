/** The files that the client is made of stay: without them it does not start offline. */
const STAYS = 'shell-'

/** How many bytes the browser keeps for this page; null where it does not say, as on origins that are not secure. */
export async function storageUse(): Promise<number | null> {
  const storage = navigator.storage as StorageManager | undefined
  const { usage } = (await storage?.estimate()) ?? {}
  return usage ?? null
}

/** Removes the pictures that the browser keeps, which are loaded again when they are shown. */
export async function clearCache(): Promise<void> {
  if (!('caches' in window)) return
  const names = (await caches.keys()).filter((name) => !name.startsWith(STAYS))
  await Promise.all(names.map((name) => caches.delete(name)))
}

import type { CDPSession, Page } from 'playwright-core'
import { expect, vi } from 'vitest'
import { SOON } from './person'

/** What the browser keeps for the pages of the gateway under test; of a database the keys in it. */
export function stored(page: Page) {
  return page.evaluate(async () => ({
    caches: await caches.keys(),
    databases: await Promise.all(
      (await indexedDB.databases()).map(
        ({ name = '' }) =>
          new Promise<unknown>((resolve) => {
            const opening = indexedDB.open(name)
            opening.onerror = () => resolve(name)
            opening.onsuccess = () => {
              const { result } = opening
              if (!result.objectStoreNames.contains('kept')) {
                result.close()
                return resolve([name, result.version])
              }
              const asking = result.transaction('kept').objectStore('kept').getAllKeys()
              asking.onerror = () => resolve(name)
              asking.onsuccess = () => {
                result.close()
                resolve([name, asking.result])
              }
            }
          }),
      ),
    ),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    keys: Object.keys(localStorage).filter((key) => !/locale|theme/.test(key)),
  }))
}

/** What is kept in IndexedDB: of each key the `seq` of the last message, if it holds messages. */
function kept(page: Page): Promise<Record<string, number | null>> {
  return page.evaluate(
    () =>
      new Promise<Record<string, number | null>>((resolve, reject) => {
        const opening = indexedDB.open('chatroom')
        opening.onerror = () => reject(new Error('no database'))
        opening.onsuccess = () => {
          const database = opening.result
          if (!database.objectStoreNames.contains('kept')) return resolve({})
          const found: Record<string, number | null> = {}
          const asking = database.transaction('kept').objectStore('kept').openCursor()
          asking.onsuccess = () => {
            const cursor = asking.result
            if (!cursor) {
              database.close()
              return resolve(found)
            }
            const { messages } = cursor.value as { messages?: { seq: number }[] }
            found[cursor.key as string] = messages?.at(-1)?.seq ?? null
            cursor.continue()
          }
        }
      }),
  )
}

/** A picture that the service worker keeps: its size in bytes as it has noted it. */
interface KeptPicture {
  path: string
  size: number
}

/** The pictures that the service worker keeps, from the one that was not shown for the longest time. */
export function keptPictures(page: Page): Promise<KeptPicture[]> {
  return page.evaluate(async () => {
    const store = await new Promise<IDBObjectStore>((resolve) => {
      const opening = indexedDB.open('chatroom')
      opening.onsuccess = () => resolve(opening.result.transaction('kept').objectStore('kept'))
    })
    const noted = await new Promise<(KeptPicture & { at: number })[]>((resolve) => {
      const asking = store.getAll(IDBKeyRange.bound('media.', 'media.\uffff'))
      asking.onsuccess = () => resolve(asking.result as (KeptPicture & { at: number })[])
    })
    store.transaction.db.close()
    const cached = (await (await caches.open('media')).keys()).map(({ url }) => new URL(url))
    const paths = new Set(cached.map(({ pathname, search }) => pathname + search))
    return noted.filter(({ path }) => paths.has(path)).sort((a, b) => a.at - b.at)
  })
}

/** Has the service worker take a picture that it keeps for one of another size. */
export function resize(page: Page, path: string, size: number): Promise<void> {
  return page.evaluate(
    ([path, size]) =>
      new Promise<void>((resolve) => {
        const opening = indexedDB.open('chatroom')
        opening.onsuccess = () => {
          const writing = opening.result.transaction('kept', 'readwrite')
          const store = writing.objectStore('kept')
          const asking = store.get(`media.${path}#`)
          asking.onsuccess = () => store.put({ ...(asking.result as object), size }, `media.${path}#`)
          writing.oncomplete = () => {
            opening.result.close()
            resolve()
          }
        }
      }),
    [path, size] as const,
  )
}

/** Waits until the service worker is at work, and a room is kept for the next start, up to its newest message. */
export async function expectKept(page: Page, room: string, seq: number): Promise<void> {
  await vi.waitFor(async () => {
    expect(await page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true)
    expect(await kept(page)).toMatchObject({ 'offline.account': null, [`offline.room.${room}`]: seq })
  }, SOON)
}

/** Pushes to the service worker of a page, as a push service would. */
export class PushService {
  private constructor(
    private readonly session: CDPSession,
    private readonly page: Page,
    private readonly registrationId: string,
  ) {}

  static async of(page: Page): Promise<PushService> {
    const session = await page.context().newCDPSession(page)
    const found = new Promise<string>((resolve) => {
      session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: [registration] }) => {
        if (registration) resolve(registration.registrationId)
      })
    })
    await session.send('ServiceWorker.enable')
    return new PushService(session, page, await found)
  }

  async push(data: object): Promise<void> {
    const origin = new URL(this.page.url()).origin
    const { registrationId } = this
    await this.session.send('ServiceWorker.deliverPushMessage', {
      origin,
      registrationId,
      data: JSON.stringify(data),
    })
  }
}

/** The notifications that are shown: their titles and texts. */
export function notifications(page: Page): Promise<[string, string][]> {
  return page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready
    const shown = await registration.getNotifications()
    return shown.map(({ title, body }): [string, string] => [title, body])
  })
}

/** Waits until exactly these notifications are shown. */
export async function expectNotifications(page: Page, ...wanted: [string, string][]): Promise<void> {
  await vi.waitFor(async () => expect(await notifications(page)).toEqual(wanted), SOON)
}

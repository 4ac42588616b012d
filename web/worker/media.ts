import { drop, keep, kept } from '../src/lib/keep'

/** Pictures that were shown, for when there is no network; those that were not used for the longest time go first. */
const NAME = 'media'
const BYTES_MAX = 200 * 1024 * 1024
/** A larger one is not worth the others that would go for it. */
const PICTURE_MAX = 20 * 1024 * 1024

/** When a picture was last shown, in IndexedDB. */
interface Use {
  path: string
  size: number
  at: number
}

const PREFIX = 'media.'
// No address has a # in it: none is the beginning of another.
const keyOf = (path: string) => `${PREFIX}${path}#`

export const isMedia = (request: Request, url: URL) =>
  request.destination === 'image' && url.pathname.startsWith('/static/')

/** Answers from the network, and without one with what is kept; who may not see a picture any more gets none. */
export async function answerMedia(event: FetchEvent): Promise<Response> {
  const { pathname, search } = new URL(event.request.url)
  const path = pathname + search
  try {
    const response = await fetch(event.request)
    if (response.ok) event.waitUntil(keepPicture(path, response.clone()))
    else if (response.status < 500) event.waitUntil(remove(path))
    return response
  } catch {
    const found = await (await caches.open(NAME)).match(path, { ignoreVary: true })
    return found ?? Response.error()
  }
}

async function keepPicture(path: string, response: Response): Promise<void> {
  const media = await caches.open(NAME)
  const [use] = (await kept(keyOf(path))) as Use[]
  if (use && (await media.match(path, { ignoreVary: true }))) {
    await response.body?.cancel()
    await keep(keyOf(path), { ...use, at: Date.now() })
    return
  }
  const picture = await response.blob()
  if (picture.size > PICTURE_MAX) return
  const { status, headers } = response
  await media.put(path, new Response(picture, { status, headers }))
  await keep(keyOf(path), { path, size: picture.size, at: Date.now() } satisfies Use)
  await trim()
}

async function trim(): Promise<void> {
  const uses = ((await kept(PREFIX)) as Use[]).sort((a, b) => a.at - b.at)
  let total = uses.reduce((sum, { size }) => sum + size, 0)
  for (const { path, size } of uses) {
    if (total <= BYTES_MAX) return
    await remove(path)
    total -= size
  }
}

async function remove(path: string): Promise<void> {
  await (await caches.open(NAME)).delete(path, { ignoreVary: true })
  await drop(keyOf(path))
}

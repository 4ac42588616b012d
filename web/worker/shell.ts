/** The files that the client is made of, kept whole for each build. */
const NAME = `shell-${VERSION}`
const PAGE = '/index.html'
/** The first parts of the addresses of the client's own routes, as in the gateway's `pages.rs`. */
const ROUTES = ['', 'login', 'register', 'chats', 'people', 'settings', 'u', 'join', 'invite', 'share']

export const isPage = (path: string) => ROUTES.includes(path.split('/')[1] ?? '')
export const isFile = (path: string) => FILES.includes(path)

/** Keeps all files, or none. */
export async function keepFiles(): Promise<void> {
  const shell = await caches.open(NAME)
  await shell.addAll(FILES.map(requestFor))
}

/** Removes the files of other builds. */
export async function removeOthers(): Promise<void> {
  const others = (await caches.keys()).filter((name) => name.startsWith('shell-') && name !== NAME)
  await Promise.all(others.map((name) => caches.delete(name)))
}

/** Answers with the page of this build, which needs no network. */
export async function answerPage(event: FetchEvent): Promise<Response> {
  const kept = await find(PAGE)
  if (!kept) return fetch(event.request)
  event.waitUntil(keepHeaders(kept.clone()))
  return kept
}

export async function answerFile(request: Request): Promise<Response> {
  return (await find(new URL(request.url).pathname)) ?? fetch(request)
}

// The server may send the same page with other headers, such as its content security policy.
async function keepHeaders(kept: Response): Promise<void> {
  const fresh = await fetch(requestFor(PAGE)).catch(() => null)
  if (!fresh?.ok) return
  const [before, now] = await Promise.all([kept.text(), fresh.clone().text()])
  // Another page belongs to another build, which has a worker of its own.
  if (before === now) await (await caches.open(NAME)).put(PAGE, fresh)
}

async function find(path: string): Promise<Response | undefined> {
  return (await caches.open(NAME)).match(path, { ignoreVary: true })
}

// Names with a hash never change what they name.
function requestFor(path: string): Request {
  return new Request(path, path.startsWith('/assets/') ? {} : { cache: 'no-cache' })
}

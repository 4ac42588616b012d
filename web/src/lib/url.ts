/** The path of a file that this page's server serves; null for any other address. */
export function ownPath(url: string | null | undefined): string | null {
  const parsed = parse(url)
  return parsed?.origin === location.origin ? storedPath(url) : null
}

/**
 * The path of a file that this server is known to have. Its absolute address names the host under which the server was
 * reached when the file was uploaded (localhost, 127.0.0.1, a name of the network), which may differ from the page's.
 */
export function storedPath(url: string | null | undefined): string | null {
  const parsed = parse(url)
  return parsed?.pathname.startsWith('/static/') ? parsed.pathname + parsed.search : null
}

/** The address of a smaller copy of a file of this server, which fits into a square of so many pixels. */
export function sizedPath(path: string, size: 320 | 1280): string {
  return `${path}${path.includes('?') ? '&' : '?'}size=${size}`
}

/** The host of a web address; null for any other. */
export const webHost = (url: string): string | null => parse(url)?.host ?? null

function parse(url: string | null | undefined): URL | null {
  if (!url) return null
  try {
    const parsed = new URL(url, location.origin)
    return /^https?:$/.test(parsed.protocol) ? parsed : null
  } catch {
    return null
  }
}

/** The path to return to after signing in: only one inside this application. */
export function returnPath(raw: unknown): string {
  return typeof raw === 'string' && /^\/(?![/\\])/.test(raw) ? raw : '/chats'
}

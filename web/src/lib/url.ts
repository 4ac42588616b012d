/**
 * The address under which this page may load a file of our own server: files come with absolute addresses made
 * from the server's public URL, which may be spelled otherwise than the page's (localhost, 127.0.0.1).
 */
export function ownPath(url: string | null | undefined): string | null {
  if (!url) return null
  try {
    const parsed = new URL(url, location.origin)
    const own = parsed.origin === location.origin || parsed.pathname.startsWith('/static/')
    return own && /^https?:$/.test(parsed.protocol) ? parsed.pathname + parsed.search : null
  } catch {
    return null
  }
}

/** Takes only a path inside this application as the place to return to after signing in. */
export function returnPath(raw: unknown): string {
  return typeof raw === 'string' && /^\/(?![/\\])/.test(raw) ? raw : '/chats'
}

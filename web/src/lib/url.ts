/**
 * The path of a file on this server; null for another server's. Files have absolute addresses made from the server's
 * public URL, whose host may differ from the page's (localhost, 127.0.0.1).
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

/** The path to return to after signing in: only one inside this application. */
export function returnPath(raw: unknown): string {
  return typeof raw === 'string' && /^\/(?![/\\])/.test(raw) ? raw : '/chats'
}

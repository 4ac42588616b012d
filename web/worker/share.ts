import { keepShare, SHARE_PATH } from '../src/lib/share'

export const isShare = (request: Request, url: URL) =>
  request.method === 'POST' && url.pathname === SHARE_PATH

/** Keeps what another app shares, and goes on to the page that asks for the chat. */
export async function takeShare(request: Request): Promise<Response> {
  // Of what cannot be read the page says that nothing was shared.
  const form = await request.formData().catch(() => new FormData())
  await keepShare(form)
  return Response.redirect(SHARE_PATH, 303)
}

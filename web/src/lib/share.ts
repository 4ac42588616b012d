import { drop, keep, kept } from './keep'

/** What another app has shared with the installed client, until a chat is chosen for it. */
export interface Share {
  readonly text: string
  readonly files: readonly File[]
}

/** Where the manifest has shares posted, and which page then asks for the chat. */
export const SHARE_PATH = '/share'
const KEY = 'share'

/** Keeps what was posted, in place of what was shared before. */
export async function keepShare(form: FormData): Promise<void> {
  // What the browser has no room for must not leave the share before it.
  if (!(await keep(KEY, shareOf(form)))) await dropShare()
}

/** What was shared last; null if there is nothing. */
export async function keptShare(): Promise<Share | null> {
  const [share] = (await kept(KEY)) as Share[]
  return share && (share.text !== '' || share.files.length > 0) ? share : null
}

/** Drops what was shared. */
export const dropShare = () => drop(KEY)

/** Reads the fields that the manifest names: title, text, url and files. */
export function shareOf(form: FormData): Share {
  const values = ['title', 'text', 'url'].map((name) => form.get(name))
  const parts = values.flatMap((value) => (typeof value === 'string' && value.trim() ? [value.trim()] : []))
  // Many apps repeat the title or the address in the text.
  const lines = parts.filter((part, at) => !parts.some((other, n) => n !== at && holds(other, part, n < at)))
  // A form in which no file was chosen has an empty one.
  const files = form.getAll('files').filter((value) => value instanceof File && value.size > 0)
  return { text: lines.join('\n'), files: files as File[] }
}

const holds = (other: string, part: string, before: boolean) =>
  other === part ? before : other.includes(part)

import type { Message, MessageKind } from '@/api/types'
import { ownPath, storedPath } from '@/lib/url'
import type { Attachment } from '@/stores/outbox'

/** The file of a message as it is shown, sent or not. */
export interface MediaView {
  kind: MessageKind
  src: string | null
  /** The address of a file on another server, which is only linked. */
  foreign: string | null
  name: string | null
  size: number | null
  width: number | null
  height: number | null
}

/** The file of a message; `preview` is the object URL of a file that this page sent. */
export function mediaOf(message: Message, preview: string | undefined): MediaView | null {
  const { message_type: kind, media_url, content, media } = message
  if (kind === 'text') return null
  const url = media_url ?? content
  // Only a file that was uploaded here has `media`; the same path on another host is that host's file.
  const src = preview ?? (media ? storedPath(url) : ownPath(url))
  return {
    kind,
    src,
    foreign: src || !url || !/^https?:/.test(url) ? null : url,
    name: media?.file_name ?? null,
    size: media?.size ?? null,
    width: media?.width ?? null,
    height: media?.height ?? null,
  }
}

/** The file of a message in the outbox. */
export function mediaOfAttachment(attachment: Attachment): MediaView {
  const { kind, preview, file, width, height } = attachment
  return { kind, src: preview, foreign: null, name: file.name, size: file.size, width, height }
}

import type { Message, MessageKind } from '@/api/types'
import { ownPath } from '@/lib/url'
import type { Attachment } from '@/stores/outbox'

/** A file as it is drawn, whether it has been sent or is on its way. */
export interface MediaView {
  kind: MessageKind
  src: string | null
  /** The full address, where it is not our own server's and is therefore only linked. */
  foreign: string | null
  name: string | null
  size: number | null
  width: number | null
  height: number | null
}

/** The file of a message; `preview` is what this page already has of it. */
export function mediaOf(message: Message, preview: string | undefined): MediaView | null {
  const { message_type: kind, media_url, content, media } = message
  if (kind === 'text') return null
  const url = media_url ?? content
  const src = preview ?? ownPath(url)
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

/** The file of a message on its way. */
export function mediaOfAttachment(attachment: Attachment): MediaView {
  const { kind, preview, file, width, height } = attachment
  return { kind, src: preview, foreign: null, name: file.name, size: file.size, width, height }
}

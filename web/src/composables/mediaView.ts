import type { Message, MessageKind, Sticker } from '@/api/types'
import { ownPath, sizedPath, storedPath } from '@/lib/url'
import type { Attachment, Voice } from '@/stores/outbox'

type Media = NonNullable<Message['media']>

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
  /** How long a film or a sound is, in milliseconds, where its file says so. */
  duration: number | null
  /** Of a sound that is shown as a voice message. */
  voice: Voice | null
  /** Which sticker a picture is that is shown as one; a sticker need not say it. */
  sticker: Sticker | 'unnamed' | null
  /** The smaller copies that the browser chooses from, with their widths; null where there are none. */
  srcset: string | null
  /** What is shown until the picture is loaded. */
  thumbhash: string | null
}

const NO_COPIES = { srcset: null, thumbhash: null }

/** Whether a message is a picture or a film that the media viewer shows. */
export function isViewable(message: Message): boolean {
  const { message_type: kind, deleted } = message
  const shown = kind === 'video' || (kind === 'image' && message.kind !== 'sticker')
  return shown && !deleted && Boolean(mediaOf(message, undefined)?.src)
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
    duration: media?.duration_ms ?? null,
    voice: voiceOf(message),
    sticker: message.kind === 'sticker' ? (message.sticker ?? 'unnamed') : null,
    srcset: src && !preview && media ? copiesOf(src, media) : null,
    thumbhash: media?.thumbhash ?? null,
  }
}

function voiceOf({ kind, duration_ms, waveform, media }: Message): Voice | null {
  if (kind !== 'voice') return null
  return { duration_ms: duration_ms ?? media?.duration_ms ?? 0, waveform: waveform ?? [] }
}

/** The `srcset` of a picture that has smaller copies. */
function copiesOf(src: string, { thumbnails, width, height }: Media): string | null {
  if (!thumbnails || !width || !height) return null
  const longest = Math.max(width, height)
  const copy = (size: 320 | 1280) =>
    `${sizedPath(src, size)} ${Math.round((width * Math.min(size, longest)) / longest)}w`
  return longest > 320 ? `${copy(320)}, ${copy(1280)}` : null
}

/** The file of a message in the outbox. */
export function mediaOfAttachment(attachment: Attachment): MediaView {
  const { kind, preview, file, width, height, voice = null, sticker = null } = attachment
  return {
    kind,
    src: preview,
    foreign: null,
    name: file.name,
    size: file.size,
    width,
    height,
    duration: null,
    voice,
    sticker,
    ...NO_COPIES,
  }
}

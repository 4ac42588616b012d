import type { MessageKind } from '@/api/types'

/** Why a file is not sent. */
export type FileRefusal = 'too_large' | 'unsupported_type' | 'unreadable_file'

/** The kind of message a file becomes; the server decides in the end. */
export function kindOf(type: string): MessageKind {
  const [family] = type.split('/')
  if (type === 'image/svg+xml') return 'file'
  return family === 'image' || family === 'audio' || family === 'video' ? family : 'file'
}

/** The families and types of files that servers take; what a file is in truth they find out themselves. */
const TAKEN =
  /^(image\/(jpe?g|pjpeg|(x-)?png|webp|gif)|audio\/(mpeg3?|mp3|x-mpeg|x-mp3|ogg|opus|vorbis|wave?|x-wav|vnd\.wave|mp4|m4a|x-m4a|webm)|video\/(mp4|x-m4v|webm|quicktime)|text\/(plain|csv|markdown|x-markdown|comma-separated-values)|application\/(pdf|x-pdf|ogg|zip|x-zip|x-zip-compressed|csv|msword|msexcel|mspowerpoint|vnd\.ms-(excel|powerpoint)|vnd\.openxmlformats-.*))$/

/** Why a server would refuse a file, as far as it is known before it is sent; null for no reason. */
export function refusalOf({ type, size }: File, largest: number): FileRefusal | null {
  if (size > largest) return 'too_large'
  if (type !== '' && !TAKEN.test(type.split(';')[0]?.trim() ?? '')) return 'unsupported_type'
  return null
}

/** Whether a file can be read: a folder cannot, nor a file that was changed, moved or deleted since it was chosen. */
export async function isReadable(file: Blob): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer()
    return true
  } catch {
    return false
  }
}

/** The size of a picture in pixels; null if the browser cannot decode it. */
export async function pictureSize(url: string): Promise<{ width: number; height: number } | null> {
  const image = new Image()
  image.src = url
  try {
    await image.decode()
    return { width: image.naturalWidth, height: image.naturalHeight }
  } catch {
    return null
  }
}

import type { MessageKind } from '@/api/types'

/** The kind of message a file becomes; the server decides in the end. */
export function kindOf(type: string): MessageKind {
  const [family] = type.split('/')
  if (type === 'image/svg+xml') return 'file'
  return family === 'image' || family === 'audio' || family === 'video' ? family : 'file'
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

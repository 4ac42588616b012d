import { onScopeDispose, shallowRef } from 'vue'
import type { MessageKind } from '@/api/types'
import { newId } from '@/lib/id'
import type { Attachment } from '@/stores/outbox'

/** A file in the composer's tray. */
export interface TrayItem extends Attachment {
  id: string
}

/** The composer's tray of files to send. */
export function useAttachments() {
  const items = shallowRef<readonly TrayItem[]>([])

  /** Adds files. */
  async function add(files: Iterable<File>): Promise<void> {
    for (const file of files) {
      const preview = URL.createObjectURL(file)
      const kind = kindOf(file.type)
      const size = kind === 'image' ? await pictureSize(preview) : null
      const item = {
        id: newId(),
        file,
        kind,
        preview,
        width: size?.width ?? null,
        height: size?.height ?? null,
      }
      items.value = [...items.value, item]
    }
  }

  /** Removes a file. */
  function remove(id: string): void {
    const item = items.value.find((each) => each.id === id)
    if (item) URL.revokeObjectURL(item.preview)
    items.value = items.value.filter((each) => each.id !== id)
  }

  /** Removes and returns all files. */
  function take(): readonly TrayItem[] {
    const taken = items.value
    items.value = []
    return taken
  }

  onScopeDispose(() => items.value.forEach((item) => URL.revokeObjectURL(item.preview)))

  return { items, add, remove, take }
}

/** The kind of message a file becomes; the server decides in the end. */
function kindOf(type: string): MessageKind {
  const [family] = type.split('/')
  if (type === 'image/svg+xml') return 'file'
  return family === 'image' || family === 'audio' || family === 'video' ? family : 'file'
}

async function pictureSize(url: string): Promise<{ width: number; height: number } | null> {
  const image = new Image()
  image.src = url
  try {
    await image.decode()
    return { width: image.naturalWidth, height: image.naturalHeight }
  } catch {
    // The browser cannot decode it; the file is sent without a size.
    return null
  }
}

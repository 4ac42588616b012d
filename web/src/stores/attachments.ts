import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { isReadable, kindOf, pictureSize, refusalOf, type FileRefusal } from '@/lib/file'
import { newId } from '@/lib/id'
import { useOutbox, type Attachment } from './outbox'

/** A file in the composer's tray. */
export interface TrayItem extends Attachment {
  id: string
}

interface Refusal {
  file: File
  reason: FileRefusal
}

/** The files that are about to be sent, by room; a page that is left loses them. */
export const useAttachments = defineStore('attachments', () => {
  const rooms = shallowReactive(new Map<string, readonly TrayItem[]>())
  const of = (room: string): readonly TrayItem[] => rooms.get(room) ?? []

  /** Adds files at once; returns those that cannot be sent, and why. */
  async function add(room: string, files: readonly File[]): Promise<readonly Refusal[]> {
    const outbox = useOutbox()
    const judged = files.map((file) => ({ file, reason: refusalOf(file, outbox.fileMax) }))
    const added = judged.flatMap(({ file, reason }) => (reason === null ? [trayItem(file)] : []))
    rooms.set(room, [...of(room), ...added])
    const unreadable = await Promise.all(added.map((item) => check(room, item)))
    return [
      ...judged.flatMap(({ file, reason }) => (reason === null ? [] : [{ file, reason }])),
      ...added
        .filter((_, index) => unreadable[index])
        .map(({ file }) => ({ file, reason: 'unreadable_file' as const })),
    ]
  }

  /** Whether an item had to be removed; one that was sent meanwhile fails in the outbox. */
  async function check(room: string, item: TrayItem): Promise<boolean> {
    if (await isReadable(item.file)) {
      if (item.kind === 'image') void measure(room, item)
      return false
    }
    const waiting = of(room).some((each) => each.id === item.id)
    remove(room, item.id)
    return waiting
  }

  async function measure(room: string, { id, preview }: TrayItem): Promise<void> {
    const size = await pictureSize(preview)
    const measured = of(room).map((item) => (item.id === id ? { ...item, ...size } : item))
    rooms.set(room, measured)
  }

  /** Removes a file. */
  function remove(room: string, id: string): void {
    const item = of(room).find((each) => each.id === id)
    if (item) URL.revokeObjectURL(item.preview)
    rooms.set(
      room,
      of(room).filter((each) => each.id !== id),
    )
  }

  /** Removes and returns all files of a room. */
  function take(room: string): readonly TrayItem[] {
    const taken = of(room)
    rooms.delete(room)
    return taken
  }

  return { of, add, remove, take }
})

function trayItem(file: File): TrayItem {
  const kind = kindOf(file.type)
  return { id: newId(), file, kind, preview: URL.createObjectURL(file), width: null, height: null }
}

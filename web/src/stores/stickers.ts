import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { Sticker } from '@/api/types'
import { newId } from '@/lib/id'
import { drop, keep, kept } from '@/lib/keep'
import { stickerFile } from '@/lib/picture'
import { OWN, stickerUrl } from '@/lib/stickers'
import type { Attachment } from './outbox'
import { useSession } from './session'
import { useStickerUploads } from './stickerUploads'

/** A picture of the user's own that is sent as a sticker. */
interface OwnSticker {
  readonly id: string
  readonly file: File
  readonly addedAt: number
}

/** The user's own stickers, which this browser keeps until they sign out. */
export const useStickers = defineStore('stickers', () => {
  const session = useSession()
  const uploads = useStickerUploads()
  const own = shallowRef<readonly (OwnSticker & { readonly url: string })[]>([])
  const keyOf = (id: string) => `sticker.${session.me}.${id}`
  const shown = (sticker: OwnSticker) => ({ ...sticker, url: URL.createObjectURL(sticker.file) })

  /** Loads those that the browser keeps, once. */
  async function load(): Promise<void> {
    if (own.value.length > 0) return
    const found = (await kept(keyOf(''))) as OwnSticker[]
    own.value = found.sort((a, b) => b.addedAt - a.addedAt).map(shown)
  }

  /** Makes a sticker of a picture; throws if the browser cannot show it. */
  async function add(picture: File): Promise<void> {
    const url = URL.createObjectURL(picture)
    try {
      const id = newId()
      const sticker = { id, file: await stickerFile(url, 'sticker'), addedAt: Date.now() }
      await keep(keyOf(id), sticker)
      own.value = [shown(sticker), ...own.value]
    } finally {
      URL.revokeObjectURL(url)
    }
  }

  /** Removes one of the user's own; what was sent stays sent. */
  async function remove(id: string): Promise<void> {
    own.value.filter((each) => each.id === id).forEach(({ url }) => URL.revokeObjectURL(url))
    own.value = own.value.filter((each) => each.id !== id)
    uploads.forget({ pack: OWN, id })
    await drop(keyOf(id))
  }

  /** What is sent of a sticker; null if there is no such one. */
  async function attachmentOf(sticker: Sticker): Promise<Attachment | null> {
    const url = stickerUrl(sticker)
    const mine = own.value.find(({ id }) => id === sticker.id)?.file
    const file = url ? await stickerFile(url, sticker.id) : mine
    if (!file) return null
    // A URL of its own, because it is revoked with the message.
    return { file, kind: 'image', width: null, height: null, preview: URL.createObjectURL(file), sticker }
  }

  return { own, load, add, remove, attachmentOf }
})

import { defineStore } from 'pinia'
import type { Sticker, Upload } from '@/api/types'
import { stickerKey } from '@/lib/stickers'
import { load, save } from '@/lib/storage'
import { useSession } from './session'

type Uploads = Readonly<Record<string, Upload>>

/** The files that the user's stickers were sent as, so that a sticker is uploaded once and not each time. */
export const useStickerUploads = defineStore('stickerUploads', () => {
  const session = useSession()
  const key = () => `sticker.${session.me}`
  const all = () => (load(key()) ?? {}) as Uploads

  const of = (sticker: Sticker): Upload | null => all()[stickerKey(sticker)] ?? null

  /** Keeps the file of a sticker that was sent. */
  function keep(sticker: Sticker, upload: Upload): void {
    save(key(), { ...all(), [stickerKey(sticker)]: upload })
  }

  /** Forgets a file that the server does not have any more. */
  function forget(sticker: Sticker): void {
    const others = Object.entries(all()).filter(([each]) => each !== stickerKey(sticker))
    save(key(), Object.fromEntries(others))
  }

  return { of, keep, forget }
})

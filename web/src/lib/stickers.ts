import type { Sticker } from '@/api/types'

/** The pack that comes with the client: a Formosan black bear. */
export const PACK = 'bear'
/** A picture of the user's own. */
export const OWN = 'own'

/** The stickers of the pack in their order, by their ids. */
export const STICKERS = [
  'hello',
  'morning',
  'ok',
  'thanks',
  'love',
  'laugh',
  'cheer',
  'eat',
  'tea',
  'birthday',
  'surprised',
  'think',
  'sorry',
  'cry',
  'angry',
  'night',
] as const

const files = import.meta.glob<string>('../stickers/*.svg', { query: '?url', import: 'default', eager: true })

/** The address of a sticker that comes with the client; null for another. */
export function stickerUrl({ pack, id }: Sticker): string | null {
  return (pack === PACK && files[`../stickers/${id}.svg`]) || null
}

/** A name of a sticker by which it is known among all. */
export const stickerKey = ({ pack, id }: Sticker) => `${pack}/${id}`

import { useI18n } from 'vue-i18n'
import type { Sticker } from '@/api/types'
import { stickerUrl } from '@/lib/stickers'

/** Returns what a sticker is called in the user's language; one that is not of our pack is just a sticker. */
export function useStickerName(): (sticker: Sticker | 'unnamed' | undefined) => string {
  const { t } = useI18n()
  return (sticker) => {
    const named = typeof sticker === 'object' && stickerUrl(sticker) !== null
    return named ? t('stickers.named', { name: t(`stickers.names.${sticker.id}`) }) : t('stickers.sticker')
  }
}

import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import texts from '@/locales/stickers.json'
import { OWN, PACK, STICKERS, stickerUrl } from './stickers'

it('each sticker of the pack is a file, and has a name', () => {
  const files = readdirSync('src/stickers').map((file) => file.replace('.svg', ''))
  expect([...STICKERS].sort()).toEqual(files.sort())
  expect(Object.keys(texts.names).sort()).toEqual(files.sort())
  expect(STICKERS.filter((id) => stickerUrl({ pack: PACK, id }) === null)).toEqual([])
})

it('none is of another pack, or of another name', () => {
  expect(stickerUrl({ pack: OWN, id: 'hello' })).toBeNull()
  expect(stickerUrl({ pack: PACK, id: 'constructor' })).toBeNull()
  expect(stickerUrl({ pack: PACK, id: '../stickers/hello' })).toBeNull()
})

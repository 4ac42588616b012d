// Writes a Brotli and a gzip copy beside each file of dist that gets smaller by it; the gateway serves them.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const DIST = resolve(import.meta.dirname, '../dist')
const TEXT = /\.(html|js|css|json|svg|webmanifest)$/

const brotli = (content) =>
  brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  })
const gzip = (content) => gzipSync(content, { level: constants.Z_BEST_COMPRESSION })

for (const entry of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !TEXT.test(entry.name) || entry.parentPath.includes('.vite')) continue
  const file = join(entry.parentPath, entry.name)
  const content = readFileSync(file)
  for (const [ending, compress] of [
    ['br', brotli],
    ['gz', gzip],
  ]) {
    const copy = compress(content)
    if (copy.length < content.length) writeFileSync(`${file}.${ending}`, copy)
  }
}

// Builds the service worker into dist/sw.js, with a list of the files that it keeps; fails above their budget.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { build } from 'vite'
import { LANGUAGES, LOCALES, textsOf } from './catalogue.js'

const ROOT = resolve(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')
/** The most bytes of all files. */
const BUDGET = 1.2 * 1024 * 1024
const IGNORED = /^(\.vite\/|sw\.js)|\.(br|gz)$/

const files = readdirSync(DIST, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(DIST, join(entry.parentPath, entry.name)))
  .filter((file) => !IGNORED.test(file))
  .sort()
const hash = createHash('sha256')
for (const file of files) hash.update(file).update(readFileSync(join(DIST, file)))

/** The texts of notifications in a language, by the keys that the pages have for them. */
function textsIn(language) {
  const section = (name) => textsOf(language, JSON.parse(readFileSync(join(LOCALES, `${name}.json`), 'utf8')))
  const kinds = Object.entries(section('kinds')).map(([kind, text]) => [`kinds.${kind}`, text])
  return { 'notifications.newMessage': section('notifications').newMessage, ...Object.fromEntries(kinds) }
}

await build({
  root: ROOT,
  configFile: false,
  publicDir: false,
  logLevel: 'warn',
  define: {
    FILES: JSON.stringify(files.map((file) => `/${file}`)),
    VERSION: JSON.stringify(hash.digest('hex').slice(0, 16)),
    TEXTS: JSON.stringify(Object.fromEntries(LANGUAGES.map((language) => [language, textsIn(language)]))),
  },
  build: {
    outDir: DIST,
    emptyOutDir: false,
    rolldownOptions: {
      input: join(ROOT, 'worker/worker.ts'),
      output: { format: 'iife', entryFileNames: 'sw.js' },
    },
  },
})

const size = files.reduce((sum, file) => sum + statSync(join(DIST, file)).size, 0)
const over = size > BUDGET
console.log(
  `${over ? 'OVER' : 'ok  '} service worker: keeps ${files.length} files, ${(size / 1024).toFixed(0)} of ${(BUDGET / 1024).toFixed(0)} KB`,
)
process.exit(over ? 1 : 0)

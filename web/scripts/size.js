// Fails the build when a route downloads more script or style than its budget (gzip, level 9).
import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { LANGUAGES } from './catalogue.js'

const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))
const localeFile = (language) => `src/locales/generated/${language}.json`
const locale = localeFile('zh-TW')
const routes = [
  { name: 'sign-in', entries: ['index.html', 'src/pages/SignIn.vue', locale], js: 90, css: 15 },
  {
    name: 'chat',
    entries: ['index.html', 'src/pages/Shell.vue', 'src/pages/Inbox.vue', 'src/pages/Room.vue', locale],
    js: 190,
    css: 25,
  },
]

const sizeOf = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length / 1024

function filesOf(entries) {
  const files = new Set()
  const seen = new Set()
  const visit = (key) => {
    if (seen.has(key)) return
    seen.add(key)
    const chunk = manifest[key]
    if (!chunk) throw new Error(`${key} is not in the build manifest`)
    files.add(chunk.file)
    for (const css of chunk.css ?? []) files.add(css)
    for (const next of chunk.imports ?? []) visit(next)
  }
  entries.forEach(visit)
  return [...files]
}

let failed = false
for (const route of routes) {
  const files = filesOf(route.entries)
  const sum = (ending) => files.filter((f) => f.endsWith(ending)).reduce((total, f) => total + sizeOf(f), 0)
  const [js, css] = [sum('.js'), sum('.css')]
  const over = js > route.js || css > route.css
  failed ||= over
  console.log(
    `${over ? 'OVER' : 'ok  '} ${route.name}: ${js.toFixed(1)} of ${route.js} KB script, ${css.toFixed(1)} of ${route.css} KB style`,
  )
}
for (const name of LANGUAGES) {
  const chunk = manifest[localeFile(name)]
  if (!chunk || !existsSync(new URL(chunk.file, dist))) throw new Error(`locale ${name} is not its own chunk`)
  const size = sizeOf(chunk.file)
  failed ||= size > 15
  console.log(`${size > 15 ? 'OVER' : 'ok  '} locale ${name}: ${size.toFixed(1)} of 15 KB`)
}
process.exit(failed ? 1 : 0)

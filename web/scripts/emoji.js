// Writes src/emoji/generated, a file for each language, from the emoji that CLDR names in it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { LANGUAGES } from './catalogue.js'

const OUT = resolve(import.meta.dirname, '../src/emoji/generated')
/** The newest version whose pictures devices of the last years have; newer ones would be empty boxes there. */
const NEWEST = 15
/** The group of parts such as skin tones, which are no emoji by themselves. */
const PARTS = 2
const FOLDERS = { 'zh-TW': 'zh-hant' }
const find = createRequire(import.meta.url)

for (const language of LANGUAGES) {
  const file = find.resolve(`emoji-picker-element-data/${FOLDERS[language] ?? language}/cldr/data.json`)
  const all = JSON.parse(readFileSync(file, 'utf8')).filter(
    ({ group, version }) => group !== PARTS && version <= NEWEST,
  )
  const groups = [...new Set(all.map(({ group }) => group))].sort((a, b) => a - b)
  const listed = groups.map((group) =>
    all
      .filter((each) => each.group === group)
      .sort((a, b) => a.order - b.order)
      .map(({ emoji, annotation, tags = [], skins }) => [emoji, annotation, tags.join(' '), skins ? 1 : 0]),
  )
  mkdirSync(OUT, { recursive: true })
  writeFileSync(join(OUT, `${language}.json`), `${JSON.stringify(listed)}\n`)
}

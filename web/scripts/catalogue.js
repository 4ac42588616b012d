// The texts: a file for each section, in which the languages of a text stand beside each other.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The folder of the sections. */
export const LOCALES = resolve(import.meta.dirname, '../src/locales')
const OUT = join(LOCALES, 'generated')
export const LANGUAGES = ['zh-TW', 'en', 'ja']

/**
 * Returns one language's texts of a tree whose leaves hold a text in every language.
 * @returns {Record<string, unknown>}
 */
export function textsOf(language, tree, path = []) {
  const entries = Object.entries(tree).map(([key, node]) => {
    const at = [...path, key]
    return [key, isText(node, at) ? node[language] : textsOf(language, node, at)]
  })
  return Object.fromEntries(entries)
}

function isText(node, path) {
  const keys = Object.keys(node)
  if (!keys.some((key) => LANGUAGES.includes(key))) return false
  if (keys.length !== LANGUAGES.length || LANGUAGES.some((language) => typeof node[language] !== 'string'))
    throw new Error(`The text ${path.join('.')} needs exactly the languages ${LANGUAGES.join(', ')}`)
  return true
}

/** Writes the generated files, one for each language. */
export function writeLocales() {
  const sections = readdirSync(LOCALES)
    .filter((file) => file.endsWith('.json'))
    .map((file) => [file.slice(0, -'.json'.length), JSON.parse(readFileSync(join(LOCALES, file), 'utf8'))])
  mkdirSync(OUT, { recursive: true })
  for (const language of LANGUAGES) {
    const texts = textsOf(language, Object.fromEntries(sections))
    writeFileSync(join(OUT, `${language}.json`), `${JSON.stringify(texts, null, 2)}\n`)
  }
}

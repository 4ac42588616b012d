import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { textsOf } from '../../scripts/catalogue.js'
import en from './generated/en.json'
import ja from './generated/ja.json'
import zh from './generated/zh-TW.json'

type Tree = { [key: string]: string | Tree }

function flat(tree: Tree, prefix = ''): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === 'string' ? [[prefix + key, value] as const] : [...flat(value, `${prefix}${key}.`)],
    ),
  )
}

const locales = { en: flat(en), ja: flat(ja) }
const first = flat(zh)
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()

describe.each(Object.entries(locales))('%s', (_, locale) => {
  it('has exactly the keys of zh-TW', () => {
    expect([...locale.keys()].sort()).toEqual([...first.keys()].sort())
  })

  it('fills in the same values', () => {
    for (const [key, text] of first) expect([key, holes(locale.get(key) ?? '')]).toEqual([key, holes(text)])
  })

  it('leaves nothing empty', () => {
    for (const [key, text] of locale) expect([key, text.trim()]).not.toEqual([key, ''])
  })
})

it('refuses a text without one of the languages', () => {
  const tree = { messages: { unsent: { 'zh-TW': '訊息已收回', en: 'Message unsent' } } }
  expect(() => textsOf('en', tree)).toThrow('messages.unsent')
})

describe('the source', () => {
  const source = ['src', 'worker']
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    )
    .filter((file) => /\.(vue|ts)$/.test(file) && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
  const used = [...source.matchAll(/\bt\(\s*'([\w.]+)'/g)].map((match) => match[1] ?? '')

  it('asks only for texts that exist', () => {
    expect(used.length).toBeGreaterThan(50)
    expect(used.filter((key) => !first.has(key))).toEqual([])
  })

  it('leaves no text unused', () => {
    const built = [...source.matchAll(/`(\w+(?:\.\w+)*\.)\$\{/g)].map((match) => match[1] ?? '')
    const unused = [...first.keys()].filter(
      (key) => !source.includes(`'${key}'`) && !built.some((prefix) => key.startsWith(prefix)),
    )
    expect(unused).toEqual([])
  })
})

import { describe, expect, it } from 'vitest'
import en from '@/emoji/generated/en.json'
import ja from '@/emoji/generated/ja.json'
import zh from '@/emoji/generated/zh-TW.json'
import { findEmoji, toned, withRecent, type Emoji, type Groups } from './emoji'

const groups = zh as unknown as Groups
const find = (query: string, of = groups) => findEmoji(of, query).map(([emoji]) => emoji)

describe('the emoji', () => {
  it('are the same in every language, in groups of one order', () => {
    const characters = (of: unknown) => (of as Groups).map((group) => group.map(([emoji]) => emoji))
    expect(characters(en)).toEqual(characters(zh))
    expect(characters(ja)).toEqual(characters(zh))
    expect(groups.map((group) => group.length > 50)).toEqual(Array(9).fill(true))
  })

  it('are few enough code points for the server to take them as reactions, in every tone', () => {
    const lengths = groups.flat().map((each) => [...toned(each, '🏽')].length)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(10)
  })
})

describe('searching', () => {
  it.each([
    ['笑臉', '😀'],
    ['愛心', '❤️'],
    ['生日 蛋糕', '🎂'],
  ])('finds %s', (query, emoji) => expect(find(query)).toContain(emoji))

  it('finds words in the language of the user, whatever their case', () => {
    expect(find('Birthday', en as unknown as Groups)).toContain('🎂')
    expect(find('ケーキ', ja as unknown as Groups)).toContain('🎂')
  })

  it('finds nothing of what is nothing', () => expect(find('沒有這種東西')).toEqual([]))

  it('puts what is called so before what is said of it', () => {
    const cat: Emoji = ['🐈', '貓', '動物', 0]
    const face: Emoji = ['🐱', '臉', '貓', 0]
    expect(findEmoji([[face, cat]], '貓')).toEqual([cat, face])
  })
})

describe('a skin tone', () => {
  const named = (emoji: string): Emoji => groups.flat().find(([each]) => each === emoji) ?? ['', '', '', 0]

  it.each([
    ['👋', '👋🏽'],
    ['👩‍🚀', '👩🏽‍🚀'],
    ['🧑‍🤝‍🧑', '🧑🏽‍🤝‍🧑🏽'],
    ['🤝', '🤝🏽'],
    ['🎂', '🎂'],
  ])('of %s', (emoji, expected) => expect(toned(named(emoji), '🏽')).toBe(expected))

  it('is none by default', () => expect(toned(named('👋'), '')).toBe('👋'))
})

it('the newest of what was used is the first, once', () => {
  expect(withRecent(['🐈', '👋'], '👋')).toEqual(['👋', '🐈'])
  expect(
    withRecent(
      Array.from({ length: 40 }, (_, n) => String(n)),
      '👋',
    ),
  ).toHaveLength(32)
})

import { describe, expect, it } from 'vitest'
import { codePoints, folded, initial, isLong, isOnlyEmoji, linkify, nameList } from './text'

const links = (text: string) => linkify(text).flatMap((piece) => (piece.kind === 'link' ? [piece.href] : []))
const whole = (text: string) =>
  linkify(text)
    .map((piece) => piece.text)
    .join('')

describe('linkify', () => {
  it.each([
    ['看https://a.example/b/c。', ['https://a.example/b/c']],
    ['（https://a.example/路徑）', [`https://a.example/${encodeURI('路徑')}`]],
    ['https://ja.wikipedia.org/wiki/佐々木', [`https://ja.wikipedia.org/wiki/${encodeURI('佐々木')}`]],
    [
      '見 https://a.example/wiki/東京_(C言語)/b#歴史 です',
      [`https://a.example/wiki/${encodeURI('東京_(C言語)/b#歴史')}`],
    ],
    ['https://a.example/?q=台北&r=高雄。', [`https://a.example/?${encodeURI('q=台北&r=高雄')}`]],
    [
      'https://a.example/東京https://b.example/b',
      [`https://a.example/${encodeURI('東京')}`, 'https://b.example/b'],
    ],
    ['看https://a.example/b這裡', ['https://a.example/b']],
    ['https://a.example/b——很好', ['https://a.example/b']],
    ['https://a.example/b―よい', ['https://a.example/b']],
    ["https://a.example/Schrodinger's_cat", ["https://a.example/Schrodinger's_cat"]],
    ["'https://a.example/b'", ['https://a.example/b']],
    ['https://看這裡', []],
    ['詳見 https://a.example/x_(y), 好', ['https://a.example/x_(y)']],
    ['(see https://a.example/x)', ['https://a.example/x']],
    ['https://a.example/?q=1&r=2#f!', ['https://a.example/?q=1&r=2#f']],
    ['www.example.com/頁', [`https://www.example.com/${encodeURI('頁')}`]],
    ['寫信到a.b@example.com，謝謝', ['mailto:a.b@example.com']],
    ['http://localhost:8000/docs', ['http://localhost:8000/docs']],
    ['https://a.example,https://b.example', ['https://a.example/', 'https://b.example/']],
    ['沒有連結', []],
    ['javascript:alert(1)', []],
    ['data:text/html,x', []],
    ['https://', []],
    ['see https://nodot here', []],
  ])('%s', (text, expected) => {
    expect(links(text)).toEqual(expected)
  })

  it('never loses or changes a character', () => {
    for (const text of ['a https://a.example/b。c\nhttps://x.example.', '', '\n', '🎉 www.a.example 🎉']) {
      expect(whole(text)).toBe(text)
    }
  })

  // In the square of the length these would miss the deadline.
  it.each([
    ['closing brackets', `https://a.example/${')'.repeat(100_000)}`],
    ['brackets of both kinds', `https://a.example/${')]'.repeat(50_000)}`],
    ['letters before an address', `${'a.'.repeat(50_000)} https://a.example/`],
  ])('takes linear time for many %s', (_, text) => {
    expect(links(text)).toEqual(['https://a.example/'])
  })

  it('only ever makes http, https and mailto links', () => {
    const nasty = 'JaVaScRiPt://a.example/%0aalert(1) vbscript:x https://ok.example ftp://a.example'
    expect(links(nasty)).toEqual(['https://ok.example/'])
  })
})

describe('long messages', () => {
  it('are those with many characters or many lines', () => {
    expect(isLong('字'.repeat(1200))).toBe(false)
    expect(isLong('字'.repeat(1201))).toBe(true)
    expect(isLong('\n'.repeat(23))).toBe(false)
    expect(isLong('\n'.repeat(24))).toBe(true)
  })

  it('are cut between code points', () => {
    expect(folded('😀'.repeat(1300))).toBe('😀'.repeat(1200))
  })
})

it('counts code points', () => {
  expect(codePoints('字a😀👍🏽')).toBe(5)
})

describe('names', () => {
  it('are abbreviated to their first character, whole', () => {
    expect(initial('王小明')).toBe('王')
    expect(initial(' alice')).toBe('A')
    expect(initial('👩‍🚀 ada')).toBe('👩‍🚀')
    expect(initial('')).toBe('?')
  })
})

it('recognises a message of emoji only', () => {
  expect(isOnlyEmoji('🎉')).toBe(true)
  expect(isOnlyEmoji('👍🏽 🇹🇼')).toBe(false)
  expect(isOnlyEmoji('👍🏽🇹🇼')).toBe(true)
  expect(isOnlyEmoji('🎉🎉🎉🎉')).toBe(false)
  expect(isOnlyEmoji('好🎉')).toBe(false)
  expect(isOnlyEmoji('123')).toBe(false)
  expect(isOnlyEmoji('')).toBe(false)
})

it('lists names', () => {
  expect(nameList(['小明'], 'zh-TW')).toBe('小明')
  expect(nameList(['陳志豪', '王美玲'], 'zh-TW')).toBe('陳志豪和王美玲')
  expect(nameList(['陳志豪', '王美玲'], 'ja')).toBe('陳志豪、王美玲')
  expect(nameList(['Ann', 'Bob'], 'en')).toBe('Ann and Bob')
})

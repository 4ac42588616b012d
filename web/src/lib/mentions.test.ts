import { describe, expect, it } from 'vitest'
import { mentionPieces, mentionQuery, mentionsIn } from './mentions'

const people = [
  { user_id: 1, name: '小明' },
  { user_id: 2, name: '小明明' },
  { user_id: null, name: '所有人' },
]

describe('the mentions of a text', () => {
  it('are an @ and a name, counted in code points, of which the longest counts', () => {
    expect(mentionsIn('😀 @小明明 和 @小明 在嗎 @所有人', people)).toEqual([
      { start: 2, length: 4, user_id: 2 },
      { start: 9, length: 3, user_id: 1 },
      { start: 16, length: 4, user_id: null },
    ])
    expect(mentionsIn('小明 @小', people)).toEqual([])
  })

  it('cut it into pieces', () => {
    const text = '😀@小明，來'
    expect(
      mentionPieces(text, mentionsIn(text, people)).map((piece) => [piece.text, piece.mention?.user_id]),
    ).toEqual([
      ['😀', undefined],
      ['@小明', 1],
      ['，來', undefined],
    ])
    expect(mentionPieces('短', [{ start: 0, length: 5, user_id: 1 }])).toEqual([
      { text: '短', mention: null },
    ])
  })
})

describe('what is completed', () => {
  it.each([
    ['@', 1, { start: 0, name: '' }],
    ['嗨@小', 3, { start: 1, name: '小' }],
    ['嗨 @小明 在', 6, null],
    ['me@example', 10, null],
    ['沒有', 2, null],
  ])('%s', (text, caret, query) => {
    expect(mentionQuery(text, caret)).toEqual(query)
  })
})

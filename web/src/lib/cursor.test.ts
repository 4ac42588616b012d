import { describe, expect, it } from 'vitest'
import { Cursor } from './cursor'

const at = (text: string) => {
  const cursor = Cursor.parse(text)
  if (!cursor) throw new Error(`${text} is no cursor`)
  return cursor
}

describe('a cursor of the event log', () => {
  it('is read from text and written as it', () => {
    expect(at('ab12cd34.70').text).toBe('ab12cd34.70')
    for (const none of ['', 'ab12cd34', '.7', 'ab12cd34.x']) expect(Cursor.parse(none)).toBeNull()
  })

  it('takes each event once, and stays where nothing before it is missing', () => {
    const cursor = at('e.10')
    expect([9, 10, 12, 12, 11].map((position) => cursor.add(position))).toEqual([
      false,
      false,
      true,
      false,
      true,
    ])
    expect(cursor.text).toBe('e.10')
    cursor.advance('e.12')
    expect([cursor.text, cursor.add(11), cursor.add(13)]).toEqual(['e.12', false, true])
  })

  it('never goes back, nor into another epoch', () => {
    const cursor = at('e.10')
    for (const other of ['e.9', 'f.99', 'nonsense']) cursor.advance(other)
    expect(cursor.text).toBe('e.10')
  })

  it('finds out what it misses of the positions given', () => {
    const cursor = at('e.10')
    for (const position of [12, 15]) cursor.add(position)
    expect(cursor.misses([8, 12, 15], 'e.15')).toBe(false)
    expect(cursor.misses([14], 'e.15')).toBe(true)
    expect(cursor.misses([16], 'e.15')).toBe(false)
    expect(cursor.misses([], 'f.15')).toBe(true)
  })
})

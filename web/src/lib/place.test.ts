import { describe, expect, it } from 'vitest'
import { Place } from './place'

const at = (cursor: string) => {
  const place = Place.parse(cursor)
  if (!place) throw new Error(`${cursor} is no cursor`)
  return place
}

describe('a place in the log', () => {
  it('is read from a cursor and written as one', () => {
    expect(at('ab12cd34.70').cursor).toBe('ab12cd34.70')
    for (const none of ['', 'ab12cd34', '.7', 'ab12cd34.x']) expect(Place.parse(none)).toBeNull()
  })

  it('takes each change once, and says from where nothing is left out', () => {
    const place = at('e.10')
    expect([9, 10, 12, 12, 11].map((pos) => place.note(pos))).toEqual([false, false, true, false, true])
    expect(place.cursor).toBe('e.10')
    place.reach('e.12')
    expect([place.cursor, place.note(11), place.note(13)]).toEqual(['e.12', false, true])
  })

  it('never goes back, nor into another history', () => {
    const place = at('e.10')
    for (const other of ['e.9', 'f.99', 'nonsense']) place.reach(other)
    expect(place.cursor).toBe('e.10')
  })

  it('finds out what it missed, of what has been told', () => {
    const place = at('e.10')
    for (const pos of [12, 15]) place.note(pos)
    expect(place.misses([8, 12, 15], 'e.15')).toBe(false)
    expect(place.misses([14], 'e.15')).toBe(true)
    expect(place.misses([16], 'e.15')).toBe(false)
    expect(place.misses([], 'f.15')).toBe(true)
  })
})

import { describe, expect, it } from 'vitest'
import { bubbleWidth, bytes, fit, UNKNOWN_BOX } from './size'

describe('fit', () => {
  it('keeps the shape of a large picture', () => {
    expect(fit(4000, 3000)).toEqual({ width: 320, height: 240 })
    expect(fit(1080, 1920)).toEqual({ width: 203, height: 360 })
  })

  it('does not enlarge a small picture, but keeps it large enough to tap', () => {
    expect(fit(200, 100)).toEqual({ width: 200, height: 100 })
    expect(fit(10, 10)).toEqual({ width: 72, height: 72 })
  })

  it('reserves a box for a picture of unknown size', () => {
    expect(fit(null, null)).toEqual(UNKNOWN_BOX)
    expect(fit(0, 100)).toEqual(UNKNOWN_BOX)
  })
})

it('leaves room for the words of a caption', () => {
  expect(bubbleWidth(40, 2000, true)).toBe(220)
  expect(bubbleWidth(40, 2000, false)).toBe(72)
  expect(bubbleWidth(4000, 3000, true)).toBe(320)
})

it('writes sizes in readable units', () => {
  expect(bytes(812, 'en')).toBe('812 B')
  expect(bytes(1_500_000, 'en')).toBe('1.4 MB')
  expect(bytes(25 * 1024 * 1024, 'zh-TW')).toBe('25 MB')
})

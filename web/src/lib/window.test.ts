import { describe, expect, it } from 'vitest'
import { around, bounds, down, FIRST, MOST, newest, STEP, trimmed, up } from './window'

const list = (count: number, from = 1) => Array.from({ length: count }, (_, index) => ({ seq: from + index }))

describe('the window on the timeline', () => {
  it('begins with the newest messages and follows new ones', () => {
    const span = newest(list(500))
    expect(bounds(list(500), span)).toEqual([500 - FIRST, 500])
    expect(bounds(list(503), span)).toEqual([500 - FIRST, 503])
  })

  it('takes all of a short list', () => {
    expect(bounds(list(3), newest(list(3)))).toEqual([0, 3])
    expect(bounds([], newest([]))).toEqual([0, 0])
  })

  it('never renders more than its limit, however far up', () => {
    const messages = list(1000)
    let span = newest(messages)
    for (let step = 0; step < 30; step += 1) {
      span = up(messages, span)
      const [start, end] = bounds(messages, span)
      expect(end - start).toBeLessThanOrEqual(MOST)
    }
    expect(bounds(messages, span)[0]).toBe(0)
    expect(up(messages, span)).toBe(span)
  })

  it('comes back down to the end and follows again', () => {
    const messages = list(1000)
    let span = around(messages, 100)
    expect(span.to).not.toBeNull()
    for (let step = 0; step < 40; step += 1) span = down(messages, span)
    expect(span.to).toBeNull()
    expect(bounds(messages, span)).toEqual([1000 - MOST, 1000])
    expect(down(messages, span)).toBe(span)
  })

  it('keeps its messages when older ones are loaded', () => {
    const span = newest(list(100, 101))
    const before = bounds(list(100, 101), span)
    const after = bounds(list(150, 51), span)
    expect(after).toEqual([before[0] + 50, before[1] + 50])
  })

  it('opens around a message with some before it', () => {
    const [start, end] = bounds(list(1000), around(list(1000), 500))
    expect(start).toBe(499 - STEP)
    expect(end).toBe(500 + FIRST)
  })

  it('is cut when it has grown too long for a reader at the end', () => {
    const span = newest(list(80))
    expect(trimmed(list(120), span)).toBe(span)
    expect(bounds(list(300), trimmed(list(300), span))).toEqual([220, 300])
  })
})

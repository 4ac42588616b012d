import { describe, expect, it } from 'vitest'
import { FITTED, frameOf, panBy, swipeOf, zoomTo, type Point, type View } from './zoom'

const STAGE = { width: 400, height: 300 }
const frame = frameOf({ width: 800, height: 600 }, STAGE)

/** Which point of the fitted picture is shown at a point of the stage. */
const under = (view: View, { x, y }: Point) => ({
  x: (x - view.x) / view.scale,
  y: (y - view.y) / view.scale,
})

describe('the frame of a picture', () => {
  it('fits it, and makes none larger than it is', () => {
    expect(frame.picture).toEqual(STAGE)
    expect(frameOf({ width: 50, height: 20 }, STAGE).picture).toEqual({ width: 50, height: 20 })
    expect(frameOf({ width: 300, height: 600 }, STAGE).picture).toEqual({ width: 150, height: 300 })
  })

  it('is zoomed four times, or to the pixels of a larger picture', () => {
    expect(frame.most).toBe(4)
    expect(frameOf({ width: 4000, height: 100 }, STAGE).most).toBe(10)
  })
})

describe('zooming', () => {
  it('keeps what is under the point', () => {
    const point = { x: 120, y: -60 }
    const once = zoomTo(FITTED, 2, point, frame)
    expect(under(once, point)).toEqual(under(FITTED, point))
    const twice = zoomTo(once, 3, { x: -50, y: 10 }, frame)
    const seen = under(twice, { x: -50, y: 10 })
    const before = under(once, { x: -50, y: 10 })
    expect(seen.x).toBeCloseTo(before.x)
    expect(seen.y).toBeCloseTo(before.y)
  })

  it('stays within the limits, and is in the middle when it is fitted again', () => {
    const point = { x: 200, y: 150 }
    expect(zoomTo(FITTED, 100, point, frame).scale).toBe(4)
    expect(zoomTo(zoomTo(FITTED, 3, point, frame), 0.1, { x: -90, y: 0 }, frame)).toEqual(FITTED)
  })
})

describe('moving', () => {
  it('ends at the edges', () => {
    const zoomed = zoomTo(FITTED, 2, { x: 0, y: 0 }, frame)
    expect(panBy(zoomed, { x: 30, y: -40 }, frame)).toEqual({ scale: 2, x: 30, y: -40 })
    expect(panBy(zoomed, { x: 999, y: -999 }, frame)).toEqual({ scale: 2, x: 200, y: -150 })
  })

  it('does nothing along a side that fits', () => {
    const narrow = frameOf({ width: 300, height: 3000 }, STAGE)
    const zoomed = zoomTo(FITTED, 2, { x: 0, y: 0 }, narrow)
    expect(panBy(zoomed, { x: 50, y: 50 }, narrow)).toEqual({ scale: 2, x: 0, y: 50 })
  })
})

it.each([
  [{ x: -60, y: 20 }, 'next'],
  [{ x: 60, y: -20 }, 'previous'],
  [{ x: 20, y: 60 }, 'close'],
  [{ x: 20, y: -60 }, null],
  [{ x: -50, y: 0 }, null],
  [{ x: 0, y: 50 }, null],
] as const)('a finger that moved by %o asks for %s', (moved, wanted) => {
  expect(swipeOf(moved)).toBe(wanted)
})

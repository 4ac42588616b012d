import { expect, it } from 'vitest'
import { barHeight, duration, waveformOf } from './waveform'

it('has at most so many bars, the loudest of which is the largest number', () => {
  const levels = Array.from({ length: 1000 }, (_, at) => at / 1000)
  const bars = waveformOf(levels)
  expect([bars.length, bars.at(-1)]).toEqual([48, 31])
  expect(bars.every((bar, at) => at === 0 || bar >= (bars[at - 1] ?? 0))).toBe(true)
  expect(waveformOf(levels, 500)).toHaveLength(100)
  expect(waveformOf([0.2, 0.4])).toEqual([16, 31])
  expect(waveformOf([])).toEqual([])
})

it('does not make noise of silence', () => {
  expect(waveformOf([0.001, 0, 0.001])).toEqual([1, 0, 1])
  expect(barHeight(0)).toBeGreaterThan(0)
})

it('writes how long it lasts', () => {
  expect([duration(0), duration(7400), duration(750_000)]).toEqual(['0:00', '0:07', '12:30'])
})

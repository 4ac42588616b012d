import { describe, expect, it } from 'vitest'
import { ago, clock, dayKey, dayLabel, daysBetween, listTime, span } from './time'

// The tests run in Asia/Taipei (vite.config.ts).
const now = new Date('2026-11-22T12:00:00+08:00')

describe('days', () => {
  it('turn at the reader’s midnight', () => {
    expect(dayKey('2026-11-21T15:59:59.999999Z')).toBe('2026-11-21')
    expect(dayKey('2026-11-21T16:00:00.000000Z')).toBe('2026-11-22')
  })

  it('are counted by the calendar, not by hours', () => {
    expect(daysBetween('2026-11-21T23:59:00+08:00', '2026-11-22T00:01:00+08:00')).toBe(1)
    expect(daysBetween('2026-11-22T00:01:00+08:00', '2026-11-22T23:59:00+08:00')).toBe(0)
    expect(daysBetween('2025-12-31T12:00:00+08:00', '2026-01-01T12:00:00+08:00')).toBe(1)
  })
})

describe('labels', () => {
  it('name a day as people do', () => {
    expect(dayLabel('2026-11-22T01:00:00+08:00', 'zh-TW', now)).toBe('今天')
    expect(dayLabel('2026-11-21T23:00:00+08:00', 'zh-TW', now)).toBe('昨天')
    expect(dayLabel('2026-11-21T23:00:00+08:00', 'ja', now)).toBe('昨日')
    expect(dayLabel('2026-11-17T23:00:00+08:00', 'zh-TW', now)).toMatch(/^11月17日.?星期二$/)
    expect(dayLabel('2025-11-17T23:00:00+08:00', 'en', now)).toContain('2025')
  })

  it('are short in the list', () => {
    expect(listTime('2026-11-22T09:05:00+08:00', 'zh-TW', now)).toBe('上午9:05')
    expect(listTime('2026-11-21T09:05:00+08:00', 'en', now)).toBe('yesterday')
    expect(listTime('2026-11-18T09:05:00+08:00', 'zh-TW', now)).toBe('週三')
    expect(listTime('2026-11-02T09:05:00+08:00', 'en', now)).toBe('11/2')
    expect(listTime('2025-11-02T09:05:00+08:00', 'en', now)).toContain('25')
  })

  it('show the clock of a server that is a moment ahead', () => {
    expect(listTime('2026-11-22T12:00:03+08:00', 'zh-TW', now)).toBe(
      clock('2026-11-22T12:00:03+08:00', 'zh-TW'),
    )
  })

  it('say how long ago', () => {
    expect(ago('2026-11-22T11:59:50+08:00', 'en', now)).toBe('1 minute ago')
    expect(ago('2026-11-22T11:20:00+08:00', 'zh-TW', now)).toBe('40 分鐘前')
    expect(ago('2026-11-22T07:00:00+08:00', 'en', now)).toBe('5 hours ago')
    expect(ago('2026-11-19T12:00:00+08:00', 'ja', now)).toBe('3 日前')
  })
})

describe('a span', () => {
  it('is said in the greatest unit that fits', () => {
    expect(span(300, 'zh-TW')).toBe('5 分鐘')
    expect(span(86_400, 'en')).toBe('1 day')
    expect(span(5_400, 'en')).toBe('90 minutes')
    expect(span(604_800, 'ja')).toBe('7 日')
  })
})

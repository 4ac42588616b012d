import { describe, expect, it } from 'vitest'
import { imeGuard, type Key } from './ime'

const enter = (over: Partial<Key> = {}): Key => ({
  key: 'Enter',
  keyCode: 13,
  isComposing: false,
  timeStamp: 100,
  ...over,
})

describe('the guard for input methods', () => {
  it('ignores a plain Enter', () => {
    expect(imeGuard().owns(enter())).toBe(false)
  })

  it('Chrome: keeps the Enter that comes before compositionend, and lets the next one through', () => {
    const guard = imeGuard()
    guard.start()
    expect(guard.owns(enter({ key: 'Process', keyCode: 229, isComposing: true }))).toBe(true)
    expect(guard.owns(enter({ isComposing: true }))).toBe(true)
    guard.end({ timeStamp: 101 })
    expect(guard.owns(enter({ timeStamp: 102 }))).toBe(false)
  })

  it('Safari: keeps the Enter that comes after compositionend', () => {
    const guard = imeGuard()
    guard.start()
    guard.end({ timeStamp: 101 })
    expect(guard.owns(enter({ keyCode: 229 }))).toBe(true)
    // Even without any sign of the input method: it was pressed before the composition ended.
    expect(guard.owns(enter())).toBe(true)
    expect(guard.owns(enter({ timeStamp: 150 }))).toBe(false)
  })

  it('continues when a new composition begins', () => {
    const guard = imeGuard()
    guard.start()
    guard.end({ timeStamp: 101 })
    guard.start()
    expect(guard.owns(enter({ timeStamp: 150 }))).toBe(true)
  })
})

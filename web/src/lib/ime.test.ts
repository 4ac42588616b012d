import { describe, expect, it } from 'vitest'
import { imeGuard, type Key } from './ime'

const enter = (over: Partial<Key> = {}): Key => ({ key: 'Enter', keyCode: 13, isComposing: false, ...over })

function guarded() {
  const later: (() => void)[] = []
  const guard = imeGuard((run) => later.push(run))
  return { guard, settle: () => later.splice(0).forEach((run) => run()) }
}

describe('the guard for input methods', () => {
  it('ignores a plain Enter', () => {
    expect(guarded().guard.owns(enter())).toBe(false)
  })

  it('Chrome: keeps the Enter that comes before compositionend, and lets the next one through', () => {
    const { guard, settle } = guarded()
    guard.start()
    expect(guard.owns(enter({ key: 'Process', keyCode: 229, isComposing: true }))).toBe(true)
    expect(guard.owns(enter({ isComposing: true }))).toBe(true)
    guard.end()
    settle()
    expect(guard.owns(enter())).toBe(false)
  })

  it('Safari: keeps the Enter that comes after compositionend', () => {
    const { guard, settle } = guarded()
    guard.start()
    guard.end()
    expect(guard.owns(enter({ keyCode: 229 }))).toBe(true)
    // Before the keystroke has ended even an Enter without any sign of the input method belongs to it.
    expect(guard.owns(enter())).toBe(true)
    settle()
    expect(guard.owns(enter())).toBe(false)
  })

  it('continues when a new composition begins before the old one has ended', () => {
    const { guard, settle } = guarded()
    guard.start()
    guard.end()
    guard.start()
    settle()
    expect(guard.owns(enter())).toBe(true)
  })
})

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { useLongPress } from './useLongPress'

const touch = (over: object = {}) =>
  ({ pointerType: 'touch', clientX: 10, clientY: 10, ...over }) as unknown as PointerEvent
const event = (over: object = {}) =>
  ({
    pointerType: 'touch',
    preventDefault: vi.fn(),
    stopPropagation: vi.fn(),
    ...over,
  }) as unknown as PointerEvent

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function pressed() {
  const callback = vi.fn()
  return { on: useLongPress(callback), times: () => callback.mock.calls.length }
}

it('calls back while the finger stays, and keeps the click from what is under it', () => {
  const { on, times } = pressed()
  on.pointerdown(touch())
  on.pointermove(touch({ clientX: 14 }))
  vi.advanceTimersByTime(1000)
  expect(times()).toBe(1)
  const [click, next] = [event(), event()]
  on.pointerup()
  on.clickCapture(click)
  on.clickCapture(next)
  expect(click.stopPropagation).toHaveBeenCalledOnce()
  expect(next.stopPropagation).not.toHaveBeenCalled()
})

it('takes the browser’s own long press once', () => {
  const { on, times } = pressed()
  const menu = event()
  on.pointerdown(touch())
  on.contextmenu(menu)
  vi.advanceTimersByTime(1000)
  expect(menu.preventDefault).toHaveBeenCalledOnce()
  expect(times()).toBe(1)
})

it('leaves taps, scrolling and the mouse alone', () => {
  const { on, times } = pressed()
  on.pointerdown(touch())
  on.pointerup()
  on.pointerdown(touch())
  on.pointermove(touch({ clientY: 40 }))
  on.pointerdown(touch())
  on.pointercancel()
  on.pointerdown(touch({ pointerType: 'mouse' }))
  const menu = event({ pointerType: 'mouse' })
  on.contextmenu(menu)
  vi.advanceTimersByTime(1000)
  expect(menu.preventDefault).not.toHaveBeenCalled()
  expect(times()).toBe(0)
})

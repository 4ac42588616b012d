import type { Locator } from 'playwright-core'
import type { Person } from './person'

/** Moves a finger over the middle of an element, in steps, and lifts it. */
export async function swipe(
  person: Person,
  over: Locator,
  [dx, dy]: readonly [number, number],
): Promise<void> {
  const { x, y, width, height } = (await over.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
  const start = { x: x + width / 2, y: y + height / 2 }
  const cdp = await person.context.newCDPSession(person.page)
  const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: { x: number; y: number }[]) =>
    cdp.send('Input.dispatchTouchEvent', { type, touchPoints })
  const STEPS = 10
  await send('touchStart', [start])
  for (let step = 1; step <= STEPS; step += 1) {
    await send('touchMove', [{ x: start.x + (dx * step) / STEPS, y: start.y + (dy * step) / STEPS }])
  }
  await send('touchEnd', [])
  await cdp.detach()
}

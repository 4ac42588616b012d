import type { Locator } from 'playwright-core'
import type { Person } from './person'

type Send = (
  type: 'touchStart' | 'touchMove' | 'touchEnd',
  touchPoints: { x: number; y: number; id?: number }[],
) => Promise<unknown>

const STEPS = 10

/** Touches the page, beginning in the middle of an element. */
async function touches(
  person: Person,
  over: Locator,
  move: (send: Send, middle: { x: number; y: number }) => Promise<void>,
): Promise<void> {
  const { x, y, width, height } = (await over.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
  const cdp = await person.context.newCDPSession(person.page)
  const send: Send = (type, touchPoints) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints })
  await move(send, { x: x + width / 2, y: y + height / 2 })
  await cdp.detach()
}

/** Moves a finger over the middle of an element, in steps, and lifts it. */
export async function swipe(
  person: Person,
  over: Locator,
  [dx, dy]: readonly [number, number],
): Promise<void> {
  await touches(person, over, async (send, { x, y }) => {
    await send('touchStart', [{ x, y }])
    for (let step = 1; step <= STEPS; step += 1) {
      await send('touchMove', [{ x: x + (dx * step) / STEPS, y: y + (dy * step) / STEPS }])
    }
    await send('touchEnd', [])
  })
}

/** Moves two fingers beside the middle of an element from one distance of each other to another. */
export async function pinch(person: Person, over: Locator, from: number, to: number): Promise<void> {
  await touches(person, over, async (send, { x, y }) => {
    const fingers = (distance: number) => [
      { x: x - distance / 2, y, id: 0 },
      { x: x + distance / 2, y, id: 1 },
    ]
    await send('touchStart', fingers(from).slice(0, 1))
    await send('touchStart', fingers(from))
    for (let step = 1; step <= STEPS; step += 1) {
      await send('touchMove', fingers(from + ((to - from) * step) / STEPS))
    }
    await send('touchEnd', [])
  })
}

/** Taps the middle of an element twice, as fast as the browser can. */
export async function tapTwice(person: Person, over: Locator): Promise<void> {
  await touches(person, over, async (send, point) => {
    for (let tap = 0; tap < 2; tap += 1) {
      await send('touchStart', [point])
      await send('touchEnd', [])
    }
  })
}

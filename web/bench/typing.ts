import type { Page } from 'playwright-core'
import { frame } from '../e2e/person'
import type { Meter } from './meter'

const KEYS = 40

/** Types into a field, each key in a frame of its own. */
async function type(page: Page, field: string): Promise<void> {
  await page.locator(field).fill('')
  await page.locator(field).focus()
  for (let n = 0; n < KEYS; n += 1) {
    await page.keyboard.press('a')
    await frame(page)
  }
}

/** The CPU milliseconds of a key. */
export async function cpuOfKeys(meter: Meter, page: Page, field: string): Promise<number> {
  return (await meter.cpuOf(() => type(page, field))) / KEYS
}

/** The median of the milliseconds from a key to the next frame. */
export async function delayOfKeys(page: Page, field: string): Promise<number> {
  await page.evaluate(() => {
    const delays: number[] = []
    Object.assign(window, { delays })
    document.addEventListener(
      'keydown',
      ({ timeStamp }) =>
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = () => delays.push(performance.now() - timeStamp)
          port2.postMessage(null)
        }),
      { capture: true },
    )
  })
  await type(page, field)
  const delays = await page.evaluate(() => (window as unknown as { delays: number[] }).delays)
  return delays.slice(-KEYS).sort((a, b) => a - b)[KEYS >> 1] ?? Infinity
}

import type { Page } from 'playwright-core'

/** Watches how far the end of the timeline is out of sight after each frame; returns how to end that, which tells the most. */
export async function watchGap(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const box = document.querySelector('.timeline')
    if (!box) throw new Error('no timeline')
    const watch = { worst: 0, stop: false }
    Object.assign(window, { watch })
    const afterFrame = new MessageChannel()
    afterFrame.port1.onmessage = () => {
      watch.worst = Math.max(watch.worst, box.scrollHeight - box.scrollTop - box.clientHeight)
    }
    const frame = () => {
      afterFrame.port2.postMessage(null)
      if (!watch.stop) requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  })
  return () =>
    page.evaluate(() => {
      const { watch } = window as unknown as { watch: { worst: number; stop: boolean } }
      watch.stop = true
      return watch.worst
    })
}

import type { CDPSession, Page } from 'playwright-core'

type Metric = 'TaskDuration' | 'JSHeapUsedSize'

/** What a page costs its browser: the processor time of its main thread, which other programs do not change, and memory. */
export class Meter {
  private constructor(private readonly cdp: CDPSession) {}

  static async open(page: Page): Promise<Meter> {
    const cdp = await page.context().newCDPSession(page)
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
    return new Meter(cdp)
  }

  private async read(wanted: Metric): Promise<number> {
    const { metrics } = await this.cdp.send('Performance.getMetrics')
    const found = metrics.find(({ name }) => name === wanted)
    if (!found) throw new Error(`the browser does not tell ${wanted}`)
    return found.value
  }

  /** The milliseconds that the main thread has worked. */
  async cpu(): Promise<number> {
    return (await this.read('TaskDuration')) * 1000
  }

  /** The milliseconds that the main thread works while `act` runs. */
  async cpuOf(act: () => Promise<unknown>): Promise<number> {
    const before = await this.cpu()
    await act()
    return (await this.cpu()) - before
  }

  /** The megabytes of objects that are still referred to. */
  async heap(): Promise<number> {
    await this.cdp.send('HeapProfiler.collectGarbage')
    return (await this.read('JSHeapUsedSize')) / 1024 / 1024
  }

  /** Makes the processor slower by a factor. */
  async slowDown(rate: number): Promise<void> {
    await this.cdp.send('Emulation.setCPUThrottlingRate', { rate })
  }
}

/** Of a wall-clock time the best of three: other programs only add to it. */
export async function bestOfThree(measure: () => Promise<number>): Promise<number> {
  const times = [await measure(), await measure(), await measure()]
  return Math.min(...times)
}

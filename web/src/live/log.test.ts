import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { LogPage } from '@/api/types'
import { EventLog } from './log'

type LogEvent = LogPage['events'][number]
// The log does not read the data of an event; here it holds the position alone.
const logged = (pos: number): LogEvent => ({ pos, event: 'new_message', data: { n: pos } }) as never
const page = (pos: number, events: LogEvent[] = [], more = false): LogPage => ({
  events,
  cursor: `e.${pos}`,
  more,
  reset: false,
})
const first = (pos: number, epoch = 'e'): LogPage => ({
  events: [],
  cursor: `${epoch}.${pos}`,
  more: false,
  reset: true,
})

/** An event log whose server gives the answers of the test, in order; `asked` and `applied` are what it did. */
class Scene {
  readonly asked: (string | null)[] = []
  readonly applied: unknown[] = []
  readonly answers: (LogPage | Error | Promise<LogPage>)[] = []
  reloads = 0
  /** When what is loaded anew is there. */
  reloading: Promise<undefined> = Promise.resolve(undefined)
  readonly log: EventLog

  constructor(cursor: string | null = null) {
    this.log = new EventLog({ ...this.options, cursor })
  }

  private readonly options = {
    fetch: (since: string | null) => {
      this.asked.push(since)
      const next = this.answers.shift() ?? new Error(`nobody expected ${since}`)
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next)
    },
    apply: (name: string, payload: unknown) => {
      const { n, pos } = payload as { n?: number; pos?: number }
      this.applied.push(n ?? pos ?? name)
    },
    reload: () => {
      this.reloads += 1
      return this.reloading
    },
  }

  static async at(pos: number): Promise<Scene> {
    const scene = new Scene()
    scene.answers.push(first(pos))
    await scene.log.start()
    scene.log.connected()
    await settle()
    return scene
  }

  live(...positions: number[]): void {
    for (const pos of positions) this.log.receive('new_message', { pos })
  }
}

const settle = () => vi.advanceTimersByTimeAsync(0)
/** An answer that the test gives when it wants to. */
function pending<T>() {
  let give: (value: T) => void = () => undefined
  const promise = new Promise<T>((resolve) => (give = resolve))
  return { promise, give }
}

beforeEach(() => {
  vi.useFakeTimers()
  return () => vi.useRealTimers()
})

describe('the event log', () => {
  it('fetches the first cursor before anything else is loaded', async () => {
    const scene = new Scene()
    const answer = pending<LogPage>()
    scene.answers.push(answer.promise)
    const started = scene.log.start()
    await settle()
    expect([scene.asked, scene.reloads, scene.log.since]).toEqual([[null], 0, null])
    answer.give(first(7))
    await started
    expect(scene.log.since).toBe('e.7')
    await settle()
    expect(scene.reloads).toBe(1)
  })

  it('applies each event once, and every event without a position', async () => {
    const scene = await Scene.at(10)
    scene.live(9, 10, 11, 13, 11)
    scene.log.receive('typing', {})
    expect(scene.applied).toEqual([11, 13, 'typing'])
  })

  it('reconnects with a cursor, applies the replay, and goes on from there', async () => {
    const scene = await Scene.at(10)
    scene.live(11)
    scene.log.disconnected()
    expect(scene.log.since).toBe('e.10')
    scene.log.connected()
    scene.live(11, 12, 13)
    scene.log.receive('synced', { cursor: 'e.14' })
    scene.live(14, 15)
    expect(scene.applied).toEqual([11, 12, 13, 15])
    expect([scene.log.since, scene.asked, scene.reloads]).toEqual(['e.14', [null], 1])
  })

  it('fetches page by page what is too much for a replay, and queues what is received meanwhile', async () => {
    const scene = await Scene.at(10)
    const second = pending<LogPage>()
    scene.answers.push(page(12, [logged(11), logged(12)], true), second.promise)
    scene.log.receive('sync_required', {})
    scene.live(13, 20)
    await settle()
    expect([scene.applied, scene.asked]).toEqual([
      [11, 12],
      [null, 'e.10', 'e.12'],
    ])
    second.give(page(14, [logged(13), logged(14)]))
    await settle()
    expect([scene.applied, scene.log.since]).toEqual([[11, 12, 13, 14, 20], 'e.14'])
  })

  it('loads everything anew in another epoch, and drops the positions of the old one', async () => {
    const scene = await Scene.at(100)
    scene.answers.push(first(5, 'f'))
    scene.log.receive('sync_required', {})
    scene.live(5, 6)
    await settle()
    expect([scene.reloads, scene.applied, scene.log.since]).toEqual([2, [6], 'f.5'])
  })

  it('advances to heads that hold nothing new', async () => {
    const scene = await Scene.at(10)
    scene.live(11, 14)
    scene.log.receive('heads', { cursor: 'e.15', rooms: { a: 11, b: 14, c: 9 }, user: 3 })
    expect([scene.log.since, scene.asked]).toEqual(['e.15', [null]])
  })

  it.each([
    { cursor: 'e.15', rooms: { a: 12 } },
    { cursor: 'e.15', rooms: {}, user: 12 },
  ])('fetches what heads show to be lost, though newer events came: %o', async (heads) => {
    const scene = await Scene.at(10)
    scene.live(11, 14)
    scene.answers.push(page(15, [logged(11), logged(12), logged(14)]))
    scene.log.receive('heads', heads)
    await settle()
    expect([scene.applied, scene.log.since]).toEqual([[11, 14, 12], 'e.15'])
  })

  it('retries while it is connected, and leaves it to the next connection when it is not', async () => {
    const scene = await Scene.at(10)
    scene.answers.push(new Error('busy'), new Error('busy'), page(12, [logged(11), logged(12)]))
    scene.log.receive('sync_required', {})
    scene.live(12)
    await settle()
    expect([scene.applied, scene.log.since]).toEqual([[12], 'e.10'])
    await vi.advanceTimersByTimeAsync(1000)
    expect(scene.asked).toHaveLength(3)
    await vi.advanceTimersByTimeAsync(2000)
    expect([scene.applied, scene.log.since]).toEqual([[12, 11], 'e.12'])

    scene.answers.push(new Error('gone'))
    scene.log.receive('sync_required', {})
    scene.log.disconnected()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(scene.asked).toHaveLength(5)
  })

  it('drops what it queued when the connection is lost: the next one replays it', async () => {
    const scene = await Scene.at(10)
    const answer = pending<LogPage>()
    scene.answers.push(answer.promise)
    scene.log.receive('sync_required', {})
    scene.live(13)
    scene.log.disconnected()
    answer.give(page(12, [logged(11)]))
    await settle()
    expect([scene.applied, scene.log.since]).toEqual([[11], 'e.12'])
  })

  it('begins with what is shown already, and fetches what was missed since', async () => {
    const scene = new Scene('e.10')
    scene.answers.push(page(12, [logged(11), logged(12)]))
    await scene.log.start()
    expect([scene.asked, scene.applied, scene.reloads]).toEqual([['e.10'], [11, 12], 0])
    expect(scene.log.shown).toBe('e.12')
  })

  it('loads everything where too much was missed since, and shows less than its cursor says until then', async () => {
    const scene = new Scene('e.10')
    const loaded = pending<undefined>()
    scene.reloading = loaded.promise
    scene.answers.push(first(90))
    await scene.log.start()
    expect([scene.reloads, scene.log.since, scene.log.shown]).toEqual([1, 'e.90', null])
    loaded.give(undefined)
    await settle()
    expect(scene.log.shown).toBe('e.90')
  })

  it('keeps what is shown where nothing can be fetched, and leaves the rest to the connection', async () => {
    const scene = new Scene('e.10')
    scene.answers.push(new Error('unreachable'))
    await scene.log.start()
    expect([scene.reloads, scene.log.shown]).toEqual([0, 'e.10'])
    scene.log.connected()
    await settle()
    expect(scene.asked).toEqual(['e.10'])
  })

  it('loads what it can when it cannot start, and starts with the connection', async () => {
    const scene = new Scene()
    scene.answers.push(new Error('unreachable'))
    await scene.log.start()
    expect([scene.reloads, scene.log.since]).toEqual([1, null])
    scene.answers.push(first(10))
    scene.log.connected()
    scene.live(10, 11)
    await settle()
    expect([scene.reloads, scene.applied, scene.log.since]).toEqual([2, [11], 'e.10'])
  })
})

import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Line, Missed } from '@/api/sync'
import { Stream } from './stream'

const line = (pos: number, event = 'new_message'): Line => ({ pos, event, data: { n: pos } })
const page = (pos: number, events: Line[] = [], more = false): Missed => ({
  events,
  cursor: `e.${pos}`,
  more,
  reset: false,
})
const begin = (pos: number, epoch = 'e'): Missed => ({
  events: [],
  cursor: `${epoch}.${pos}`,
  more: false,
  reset: true,
})

/** A stream whose server answers what the test says, in order; `asked` and `taken` are what it did. */
class Scene {
  readonly asked: (string | null)[] = []
  readonly taken: unknown[] = []
  readonly answers: (Missed | Error | Promise<Missed>)[] = []
  renewed = 0
  readonly stream = new Stream({
    missed: (since) => {
      this.asked.push(since)
      const next = this.answers.shift() ?? new Error(`nobody expected ${since}`)
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next)
    },
    apply: (name, payload) => {
      const { n, pos } = payload as { n?: number; pos?: number }
      this.taken.push(n ?? pos ?? name)
    },
    renew: () => {
      this.renewed += 1
      return Promise.resolve()
    },
  })

  static async at(pos: number): Promise<Scene> {
    const scene = new Scene()
    scene.answers.push(begin(pos))
    await scene.stream.begin()
    scene.stream.connected()
    await settle()
    return scene
  }

  live(...positions: number[]): void {
    for (const pos of positions) this.stream.heard('new_message', { pos })
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

describe('the stream of changes', () => {
  it('asks where to begin before anything else is fetched', async () => {
    const scene = new Scene()
    const first = pending<Missed>()
    scene.answers.push(first.promise)
    const begun = scene.stream.begin()
    await settle()
    expect([scene.asked, scene.renewed, scene.stream.since]).toEqual([[null], 0, null])
    first.give(begin(7))
    await begun
    expect(scene.stream.since).toBe('e.7')
    await settle()
    expect(scene.renewed).toBe(1)
  })

  it('takes each change once, and lets pass what has no place', async () => {
    const scene = await Scene.at(10)
    scene.live(9, 10, 11, 13, 11)
    scene.stream.heard('typing', {})
    expect(scene.taken).toEqual([11, 13, 'typing'])
  })

  it('comes back with a cursor, hears what it missed, and goes on from there', async () => {
    const scene = await Scene.at(10)
    scene.live(11)
    scene.stream.lost()
    expect(scene.stream.since).toBe('e.10')
    scene.stream.connected()
    scene.live(11, 12, 13)
    scene.stream.heard('synced', { cursor: 'e.14' })
    scene.live(14, 15)
    expect(scene.taken).toEqual([11, 12, 13, 15])
    expect([scene.stream.since, scene.asked, scene.renewed]).toEqual(['e.14', [null], 1])
  })

  it('fetches page by page what is too much for the socket, and holds what comes meanwhile', async () => {
    const scene = await Scene.at(10)
    const second = pending<Missed>()
    scene.answers.push(page(12, [line(11), line(12)], true), second.promise)
    scene.stream.heard('sync_required', {})
    scene.live(13, 20)
    await settle()
    expect([scene.taken, scene.asked]).toEqual([
      [11, 12],
      [null, 'e.10', 'e.12'],
    ])
    second.give(page(14, [line(13), line(14)]))
    await settle()
    expect([scene.taken, scene.stream.since]).toEqual([[11, 12, 13, 14, 20], 'e.14'])
  })

  it('fetches everything anew in another history, and nothing of the old one counts', async () => {
    const scene = await Scene.at(100)
    scene.answers.push(begin(5, 'f'))
    scene.stream.heard('sync_required', {})
    scene.live(5, 6)
    await settle()
    expect([scene.renewed, scene.taken, scene.stream.since]).toEqual([2, [6], 'f.5'])
  })

  it('believes heads that tell of nothing new', async () => {
    const scene = await Scene.at(10)
    scene.live(11, 14)
    scene.stream.heard('heads', { cursor: 'e.15', rooms: { a: 11, b: 14, c: 9 }, user: 3 })
    expect([scene.stream.since, scene.asked]).toEqual(['e.15', [null]])
  })

  it.each([
    { cursor: 'e.15', rooms: { a: 12 } },
    { cursor: 'e.15', rooms: {}, user: 12 },
  ])('fetches what heads show to be lost, though newer ones came: %o', async (heads) => {
    const scene = await Scene.at(10)
    scene.live(11, 14)
    scene.answers.push(page(15, [line(11), line(12), line(14)]))
    scene.stream.heard('heads', heads)
    await settle()
    expect([scene.taken, scene.stream.since]).toEqual([[11, 14, 12], 'e.15'])
  })

  it('tries again while it is connected, and leaves it to the next connection when it is not', async () => {
    const scene = await Scene.at(10)
    scene.answers.push(new Error('busy'), new Error('busy'), page(12, [line(11), line(12)]))
    scene.stream.heard('sync_required', {})
    scene.live(12)
    await settle()
    expect([scene.taken, scene.stream.since]).toEqual([[12], 'e.10'])
    await vi.advanceTimersByTimeAsync(1000)
    expect(scene.asked).toHaveLength(3)
    await vi.advanceTimersByTimeAsync(2000)
    expect([scene.taken, scene.stream.since]).toEqual([[12, 11], 'e.12'])

    scene.answers.push(new Error('gone'))
    scene.stream.heard('sync_required', {})
    scene.stream.lost()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(scene.asked).toHaveLength(5)
  })

  it('forgets what it held when the connection is lost: it is told again on the next', async () => {
    const scene = await Scene.at(10)
    const answer = pending<Missed>()
    scene.answers.push(answer.promise)
    scene.stream.heard('sync_required', {})
    scene.live(13)
    scene.stream.lost()
    answer.give(page(12, [line(11)]))
    await settle()
    expect([scene.taken, scene.stream.since]).toEqual([[11], 'e.12'])
  })

  it('shows what can be had when it cannot begin, and begins with the connection', async () => {
    const scene = new Scene()
    scene.answers.push(new Error('unreachable'))
    await scene.stream.begin()
    expect([scene.renewed, scene.stream.since]).toEqual([1, null])
    scene.answers.push(begin(10))
    scene.stream.connected()
    scene.live(10, 11)
    await settle()
    expect([scene.renewed, scene.taken, scene.stream.since]).toEqual([2, [11], 'e.10'])
  })
})

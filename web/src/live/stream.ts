import type { Missed } from '@/api/sync'
import { Place } from '@/lib/place'

/** What the stream of changes needs. */
export interface Ends {
  /** Asks the server what was missed since a cursor; without one, where to begin. */
  missed: (since: string | null) => Promise<Missed>
  /** Takes in one event. */
  apply: (name: string, payload: unknown) => void
  /** Fetches everything anew, because what is here cannot be relied on. */
  renew: () => Promise<void>
}

/** Every fifteen seconds, if something changed: where each room stands, and what is the user's own. */
interface Heads {
  cursor: string
  rooms?: Record<string, number>
  user?: number
}

const [FIRST_MS, LONGEST_MS] = [1000, 30_000]

/**
 * The stream of changes: each is taken in once and in order, whether it comes live or is fetched because it was missed.
 *
 * The cursor it gives is the last one up to which *nothing* is missing. What came live after it is remembered by its
 * place, so that a change that was lost on the way is still told again, and one that was not is not taken in twice.
 */
export class Stream {
  private place: Place | null = null
  private online = false
  private walking: Promise<void> | null = null
  /** What came while the missed was fetched; its turn is after it. */
  private held: [string, unknown][] = []
  private failures = 0
  private again: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly ends: Ends) {}

  /** The cursor to come back with; null before there is one. */
  get since(): string | null {
    return this.place?.cursor ?? null
  }

  /** Finds out where to begin, then fetches everything; resolves at the former, or when it failed. */
  begin(): Promise<void> {
    return new Promise((resolve) => void this.walk(resolve))
  }

  /** Notes that the connection stands; whoever came with a cursor is about to hear what they missed. */
  connected(): void {
    this.online = true
    if (!this.place) void this.walk()
  }

  /** Notes that the connection is gone: what was held comes again on the next one. */
  lost(): void {
    this.online = false
    this.held = []
    clearTimeout(this.again)
  }

  /** Takes in what the socket brings. */
  heard(name: string, payload: unknown): void {
    const pos = posOf(payload)
    const ordered = pos !== null || name === 'synced' || name === 'heads' || name === 'sync_required'
    if (!ordered) this.ends.apply(name, payload)
    else if (this.walking) this.held.push([name, payload])
    else if (name === 'synced') this.place?.reach((payload as { cursor: string }).cursor)
    else if (name === 'heads') this.compare(payload as Heads)
    else if (name === 'sync_required') void this.walk()
    else this.take(name, payload, pos)
  }

  private take(name: string, payload: unknown, pos: number | null): void {
    if (pos === null || !this.place || this.place.note(pos)) this.ends.apply(name, payload)
  }

  private compare({ cursor, rooms, user }: Heads): void {
    const told = [...Object.values(rooms ?? {}), ...(user === undefined ? [] : [user])]
    if (!this.place || this.place.misses(told, cursor)) void this.walk()
    else this.place.reach(cursor)
  }

  private walk(begun?: () => void): Promise<void> {
    clearTimeout(this.again)
    this.walking ??= this.pages(begun)
      .then(
        () => (this.failures = 0),
        () => this.later(),
      )
      .finally(() => {
        begun?.()
        this.walking = null
        // Another walk may begin on the way; what is left is then held again.
        for (const [name, payload] of this.held.splice(0)) this.heard(name, payload)
      })
      .then(() => undefined)
    return this.walking
  }

  private async pages(begun?: () => void): Promise<void> {
    for (;;) {
      const page = await this.ends.missed(this.since).catch(async (thrown: unknown) => {
        // Nothing was ever loaded: it is tried all the same, so that the page can say what is wrong.
        if (!this.place) await this.ends.renew()
        throw thrown
      })
      if (page.reset) {
        this.place = Place.parse(page.cursor)
        begun?.()
        return this.ends.renew()
      }
      for (const { event, data, pos } of page.events) this.take(event, data, pos)
      this.place?.reach(page.cursor)
      if (!page.more) return
    }
  }

  // Without a connection the next one makes up for it.
  private later(): void {
    if (!this.online) return
    const pause = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.failures++)
    this.again = setTimeout(() => void this.walk(), pause)
  }
}

function posOf(payload: unknown): number | null {
  if (typeof payload !== 'object' || payload === null || !('pos' in payload)) return null
  return typeof payload.pos === 'number' ? payload.pos : null
}

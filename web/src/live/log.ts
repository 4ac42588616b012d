import type { LogPage, ServerEvents } from '@/api/types'
import { Cursor } from '@/lib/cursor'

/** What the event log needs of its owner. */
interface EventLogOptions {
  /** Fetches a page of the events after a cursor; without one, the cursor to begin with. */
  fetch: (since: string | null) => Promise<LogPage>
  /** Applies one event to what is shown. */
  apply: (name: string, payload: unknown) => void
  /** Loads everything that is shown anew. */
  reload: () => Promise<void>
  /** The cursor of what is shown already; null if nothing is. */
  cursor?: string | null
}

/** The events by which the server reports the state of the log itself. */
export type LogControl = 'synced' | 'heads' | 'sync_required'

const [FIRST_RETRY_MS, LONGEST_RETRY_MS] = [1000, 30_000]

/**
 * The event log on the client: applies each event once and in order, whether it is received, replayed or fetched.
 *
 * `since` is the cursor up to which *no* event is missing. Events received after it are remembered by their position,
 * so that one that was lost is still applied when it is fetched, and no other is applied twice.
 */
export class EventLog {
  private cursor: Cursor | null = null
  private online = false
  private fetching: Promise<void> | null = null
  /** Events received while missed ones are fetched, to be applied after them. */
  private queued: [name: string, payload: unknown][] = []
  private failures = 0
  private retry: ReturnType<typeof setTimeout> | undefined
  private readonly control: { [Name in LogControl]: (payload: ServerEvents[Name]) => void } = {
    synced: ({ cursor }) => this.cursor?.advance(cursor),
    heads: (heads) => this.compare(heads),
    sync_required: () => void this.catchUp(),
  }

  constructor(private readonly options: EventLogOptions) {
    if (options.cursor) this.cursor = Cursor.parse(options.cursor)
  }

  /** The cursor to reconnect with; null before there is one. */
  get since(): string | null {
    return this.cursor?.text ?? null
  }

  /** The cursor of what is shown; null while it may be older, because events are being fetched. */
  get shown(): string | null {
    return this.fetching ? null : this.since
  }

  /**
   * Fetches the first cursor, then loads everything, or what was missed since the cursor of what is shown; resolves when
   * the cursor is there or could not be fetched.
   */
  start(): Promise<void> {
    return new Promise((resolve) => void this.catchUp(resolve))
  }

  /** The connection is open; after one that had a cursor the server replays what was missed. */
  connected(): void {
    this.online = true
    if (!this.cursor) void this.catchUp()
  }

  /** The connection is lost; the next one replays what was queued. */
  disconnected(): void {
    this.online = false
    this.queued = []
    clearTimeout(this.retry)
  }

  /** Takes an event from the socket. */
  receive(name: string, payload: unknown): void {
    const position = positionOf(payload)
    const logged = position !== null || isControl(name)
    if (!logged) this.options.apply(name, payload)
    else if (this.fetching) this.queued.push([name, payload])
    else if (isControl(name)) this.control[name](payload as never)
    else this.applyOnce(name, payload, position)
  }

  private applyOnce(name: string, payload: unknown, position: number | null): void {
    if (position === null || !this.cursor || this.cursor.add(position)) this.options.apply(name, payload)
  }

  private compare({ cursor, rooms, user }: ServerEvents['heads']): void {
    const positions = [...Object.values(rooms), ...(user === undefined ? [] : [user])]
    if (!this.cursor || this.cursor.misses(positions, cursor)) void this.catchUp()
    else this.cursor.advance(cursor)
  }

  private catchUp(started?: () => void): Promise<void> {
    clearTimeout(this.retry)
    this.fetching ??= this.fetchMissed(started)
      .then(
        () => (this.failures = 0),
        () => this.scheduleRetry(),
      )
      .finally(() => {
        started?.()
        this.fetching = null
        // One of these may start another fetch; the rest is then queued again.
        for (const [name, payload] of this.queued.splice(0)) this.receive(name, payload)
      })
      .then(() => undefined)
    return this.fetching
  }

  private async fetchMissed(started?: () => void): Promise<void> {
    for (;;) {
      const page = await this.options.fetch(this.since).catch(async (thrown: unknown) => {
        // Before anything was loaded, loading shows the reader what is wrong.
        if (!this.cursor) await this.options.reload()
        throw thrown
      })
      if (page.reset) {
        this.cursor = Cursor.parse(page.cursor)
        started?.()
        return this.options.reload()
      }
      for (const { event, data, pos } of page.events) this.applyOnce(event, data, pos)
      this.cursor?.advance(page.cursor)
      if (!page.more) return
    }
  }

  // Without a connection the next one catches up.
  private scheduleRetry(): void {
    if (!this.online) return
    const pause = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.failures++)
    this.retry = setTimeout(() => void this.catchUp(), pause)
  }
}

function isControl(name: string): name is LogControl {
  return name === 'synced' || name === 'heads' || name === 'sync_required'
}

function positionOf(payload: unknown): number | null {
  if (typeof payload !== 'object' || payload === null || !('pos' in payload)) return null
  return typeof payload.pos === 'number' ? payload.pos : null
}

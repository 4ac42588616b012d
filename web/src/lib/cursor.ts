/** How far a client knows the event log: every event up to `position`, and single ones after it. */
export class Cursor {
  private readonly later = new Set<number>()

  private constructor(
    private readonly epoch: string,
    private position: number,
  ) {}

  /** Reads `<epoch>.<position>`; null if it is malformed. */
  static parse(text: string): Cursor | null {
    const dot = text.lastIndexOf('.')
    const position = Number(text.slice(dot + 1))
    return dot > 0 && Number.isSafeInteger(position) ? new Cursor(text.slice(0, dot), position) : null
  }

  /** The cursor after which every unknown event lies, as `<epoch>.<position>`. */
  get text(): string {
    return `${this.epoch}.${this.position}`
  }

  /** Whether the event at a position is known. */
  knows(position: number): boolean {
    return position <= this.position || this.later.has(position)
  }

  /** Adds an event; false if it was known. */
  add(position: number): boolean {
    if (this.knows(position)) return false
    this.later.add(position)
    return true
  }

  /** Adds every event up to a cursor; one of another epoch changes nothing. */
  advance(text: string): void {
    const other = Cursor.parse(text)
    if (!other || other.epoch !== this.epoch || other.position <= this.position) return
    this.position = other.position
    for (const position of this.later) if (position <= this.position) this.later.delete(position)
  }

  /** Whether an event at one of these positions, up to a cursor, is unknown; always so in another epoch. */
  misses(positions: readonly number[], upTo: string): boolean {
    const other = Cursor.parse(upTo)
    if (other?.epoch !== this.epoch) return true
    return positions.some((position) => position <= other.position && !this.knows(position))
  }
}

/** How far a client knows the log of changes: everything up to one place, and some that came after it. */
export class Place {
  private readonly later = new Set<number>()

  private constructor(
    private readonly epoch: string,
    private pos: number,
  ) {}

  /** Reads a cursor, `<epoch>.<pos>`; null if it is none. */
  static parse(cursor: string): Place | null {
    const dot = cursor.lastIndexOf('.')
    const pos = Number(cursor.slice(dot + 1))
    return dot > 0 && Number.isSafeInteger(pos) ? new Place(cursor.slice(0, dot), pos) : null
  }

  /** The cursor from which nothing that is not known is left out. */
  get cursor(): string {
    return `${this.epoch}.${this.pos}`
  }

  /** Whether the change at this place is known. */
  knows(pos: number): boolean {
    return pos <= this.pos || this.later.has(pos)
  }

  /** Notes a change; false if it was known. */
  note(pos: number): boolean {
    if (this.knows(pos)) return false
    this.later.add(pos)
    return true
  }

  /** Notes that everything up to a cursor is known; one of another history says nothing about this one. */
  reach(cursor: string): void {
    const other = Place.parse(cursor)
    if (!other || other.epoch !== this.epoch || other.pos <= this.pos) return
    this.pos = other.pos
    for (const pos of this.later) if (pos <= this.pos) this.later.delete(pos)
  }

  /** Whether one of these changes is not known, of those that a cursor says have all been told. */
  misses(told: readonly number[], cursor: string): boolean {
    const upTo = Place.parse(cursor)
    if (upTo?.epoch !== this.epoch) return true
    return told.some((pos) => pos <= upTo.pos && !this.knows(pos))
  }
}

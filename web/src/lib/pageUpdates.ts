/** Changes a message; null where it is gone. */
type Change<M> = (found: M) => M | null

/** What events change of the messages of rooms while pages of them are requested, whose answers may lack it. */
export function pageUpdates<M extends { readonly seq: number }>() {
  /** The changes by `seq` of each request under way, by room. */
  const pending = new Map<string, Set<Map<number, Change<M>>>>()

  /** Requests a page; `messages` are those found as they are after what changed meanwhile. */
  async function during(room: string, request: () => Promise<readonly M[]>) {
    const changes = new Map<number, Change<M>>()
    const ofRoom = pending.get(room) ?? new Set()
    pending.set(room, ofRoom.add(changes))
    try {
      const found = await request()
      const changed = found.map((message) => {
        const change = changes.get(message.seq)
        return change ? change(message) : message
      })
      return { found, messages: changed.filter((message) => message !== null) }
    } finally {
      ofRoom.delete(changes)
    }
  }

  /** Changes a message in all pages that are under way, after what changed it before. */
  function add(room: string, seq: number, change: Change<M>): void {
    for (const changes of pending.get(room) ?? []) {
      const before = changes.get(seq)
      changes.set(seq, (found) => {
        const changed = before ? before(found) : found
        return changed && change(changed)
      })
    }
  }

  return { during, add }
}

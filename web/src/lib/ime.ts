/** The part of a keyboard event that the guard reads. */
export type Key = Pick<KeyboardEvent, 'key' | 'keyCode' | 'isComposing' | 'timeStamp'>

/** Distinguishes keys of an input method (IME) from keys of the page. */
interface ImeGuard {
  /** Handles `compositionstart`. */
  start: () => void
  /** Handles `compositionend`. */
  end: (event: Pick<Event, 'timeStamp'>) => void
  /** Whether a key belongs to the input method, so that the page must ignore it. */
  owns: (key: Key) => boolean
}

/**
 * Creates a guard. Chrome sends the confirming Enter before `compositionend`, Safari after it with keyCode 229. Whatever
 * comes after it, a key that was pressed before belongs to the composition.
 */
export function imeGuard(): ImeGuard {
  let composing = false
  let endedAt = -1
  return {
    start() {
      composing = true
    },
    end({ timeStamp }) {
      composing = false
      endedAt = timeStamp
    },
    owns: (key) =>
      composing ||
      key.isComposing ||
      key.keyCode === 229 ||
      key.key === 'Process' ||
      key.timeStamp <= endedAt,
  }
}

/** The part of a keyboard event that the guard reads. */
export interface Key {
  key: string
  keyCode: number
  isComposing: boolean
}

/** Distinguishes keys of an input method (IME) from keys of the page. */
interface ImeGuard {
  /** Handles `compositionstart`. */
  start: () => void
  /** Handles `compositionend`. */
  end: () => void
  /** Whether a key belongs to the input method, so that the page must ignore it. */
  owns: (key: Key) => boolean
}

/**
 * Creates a guard. Chrome sends the confirming Enter before `compositionend`, Safari after it with keyCode 229; a
 * composition therefore ends only after all events of that keystroke.
 */
export function imeGuard(later: (run: () => void) => void = (run) => setTimeout(run, 0)): ImeGuard {
  let composing = false
  let round = 0
  return {
    start() {
      composing = true
      round += 1
    },
    end() {
      const ended = round
      later(() => {
        if (ended === round) composing = false
      })
    },
    owns: (key) => composing || key.isComposing || key.keyCode === 229 || key.key === 'Process',
  }
}

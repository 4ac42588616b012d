/** What the guard reads of a keyboard event. */
export interface Key {
  key: string
  keyCode: number
  isComposing: boolean
}

/** Tells keys that belong to an input method from keys that belong to the page. */
export interface ImeGuard {
  /** To be called at `compositionstart`. */
  start: () => void
  /** To be called at `compositionend`. */
  end: () => void
  /** Whether the key is still the input method's, so that the page must leave it alone. */
  owns: (key: Key) => boolean
}

/**
 * Makes a guard. Chrome sends the confirming Enter before `compositionend`, Safari after it with keyCode 229;
 * the guard therefore lets go of a composition only when the events of that keystroke have all been handled.
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

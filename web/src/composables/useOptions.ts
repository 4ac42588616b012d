import { ref } from 'vue'

/** The chosen one of a list of options, which the arrows change while the focus stays in a text. */
export function useOptions(count: () => number) {
  const at = ref(0)

  /** Whether a key chose another. */
  function onKey({ key }: KeyboardEvent): boolean {
    const by = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0
    const all = count()
    if (by === 0 || all === 0) return false
    at.value = (at.value + by + all) % all
    return true
  }

  return { at, onKey }
}

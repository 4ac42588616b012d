import { ref, type Ref } from 'vue'

/** Moves the focus in a grid of buttons with the arrows, Home and End; all of them are one tab stop. */
export function useGridKeys(grid: Readonly<Ref<HTMLElement | null>>) {
  /** The button that Tab leads to. */
  const at = ref(0)
  const buttons = () => [...(grid.value?.querySelectorAll('button') ?? [])]

  function focus(index: number): void {
    const all = buttons()
    at.value = Math.max(0, Math.min(index, all.length - 1))
    all[at.value]?.focus()
  }

  function onKeydown(event: KeyboardEvent): void {
    const all = buttons()
    const columns = all.filter((each) => each.offsetTop === all[0]?.offsetTop).length
    const from = all.findIndex((each) => each === event.target)
    const targets: Record<string, number> = {
      ArrowRight: from + 1,
      ArrowLeft: from - 1,
      ArrowDown: from + columns,
      ArrowUp: from - columns,
      Home: 0,
      End: all.length - 1,
    }
    const target = targets[event.key]
    if (from < 0 || target === undefined) return
    event.preventDefault()
    focus(target)
  }

  return { at, focus, onKeydown }
}

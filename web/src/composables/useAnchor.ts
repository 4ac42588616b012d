import { useEventListener, useResizeObserver } from '@vueuse/core'
import { ref, type Ref } from 'vue'

/** How close to the end counts as being there, and how close to an edge asks for more. */
const AT_END = 24
const NEAR = 700

/** What is told when the reader comes near an edge. */
export interface Edges {
  top: () => void
  bottom: () => void
}

/**
 * Keeps the reader's place in a scroller whose content changes: at the end if that is where they were,
 * else at the row they were looking at, whatever grows, arrives or goes above or below it.
 * Rows that may hold the place carry `data-anchor`.
 */
export function useAnchor(
  scroller: Readonly<Ref<HTMLElement | null>>,
  list: Readonly<Ref<HTMLElement | null>>,
  edges: Edges,
) {
  /** Whether the reader is at the end and is to stay there. */
  const pinned = ref(true)
  let place: { key: string; top: number } | null = null

  function rows(): HTMLElement[] {
    return list.value ? [...list.value.querySelectorAll<HTMLElement>(':scope > [data-anchor]')] : []
  }

  function remember(): void {
    const top = scroller.value?.getBoundingClientRect().top ?? 0
    const all = rows()
    let [low, high] = [0, all.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((all[middle]?.getBoundingClientRect().bottom ?? 0) <= top) low = middle + 1
      else high = middle
    }
    const row = all[low]
    place = row ? { key: row.dataset['anchor'] ?? '', top: row.getBoundingClientRect().top - top } : null
  }

  function gap(): number {
    const box = scroller.value
    return box ? box.scrollHeight - box.scrollTop - box.clientHeight : 0
  }

  function onScroll(): void {
    const box = scroller.value
    if (!box) return
    pinned.value = gap() <= AT_END
    remember()
    if (box.scrollTop < NEAR) edges.top()
    if (gap() < NEAR) edges.bottom()
  }

  /** Puts the reader back to their place; to be called after the rows changed. */
  function restore(): void {
    const box = scroller.value
    if (!box) return
    if (pinned.value) box.scrollTop = box.scrollHeight
    else if (place) {
      const key = place.key
      const row = rows().find((each) => each.dataset['anchor'] === key)
      if (row) box.scrollTop += row.getBoundingClientRect().top - box.getBoundingClientRect().top - place.top
    }
    if (box.scrollHeight <= box.clientHeight + NEAR) edges.top()
  }

  /** Goes to the end and stays there. */
  function toEnd(): void {
    pinned.value = true
    restore()
  }

  /** Goes to an element, leaving some room above it. */
  function goTo(element: HTMLElement): void {
    const box = scroller.value
    if (!box) return
    box.scrollTop += element.getBoundingClientRect().top - box.getBoundingClientRect().top - 96
    pinned.value = gap() <= AT_END
    remember()
  }

  useEventListener(scroller, 'scroll', onScroll, { passive: true })
  useResizeObserver(scroller, restore)
  useResizeObserver(list, restore)

  return { pinned, restore, toEnd, goTo }
}

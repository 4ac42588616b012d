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

type Box = Readonly<Ref<HTMLElement | null>>

/** The element that scrolls, all that is in it, and the list of rows. */
export interface Boxes {
  scroller: Box
  content: Box
  list: Box
}

/**
 * Keeps the reader's place in a scroller whose content changes: at the end if that is where they were,
 * else at the row they were looking at, whatever grows, arrives or goes above or below it.
 * Rows that may hold the place carry `data-anchor`.
 */
export function useAnchor({ scroller, content, list }: Boxes, edges: Edges) {
  /** Whether the reader is at the end and is to stay there. */
  const pinned = ref(true)
  let place: { key: string; top: number } | null = null
  let lastTop = 0

  function rows(): HTMLElement[] {
    return list.value ? [...list.value.querySelectorAll<HTMLElement>(':scope > [data-anchor]')] : []
  }

  function remember(): void {
    const top = scroller.value?.getBoundingClientRect().top ?? 0
    lastTop = scroller.value?.scrollTop ?? 0
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
    // A scroll whose event is still to come moves the place along; at the very end it is the browser that moved.
    const drift = gap() > 0 ? box.scrollTop - lastTop : 0
    if (drift < 0) pinned.value = false
    if (pinned.value) box.scrollTop = box.scrollHeight
    else if (place) {
      const { key, top } = place
      const row = rows().find((each) => each.dataset['anchor'] === key)
      if (row)
        box.scrollTop += row.getBoundingClientRect().top - box.getBoundingClientRect().top - top + drift
    }
    remember()
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
  useResizeObserver(content, restore)

  return { pinned, restore, toEnd, goTo }
}

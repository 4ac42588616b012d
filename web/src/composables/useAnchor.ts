import { useEventListener, useResizeObserver } from '@vueuse/core'
import { ref, type Ref } from 'vue'

/** The distance in pixels that counts as the end, and the one that loads more at an edge. */
const AT_END = 24
const NEAR = 700

/** Called when the reader scrolls near an edge. */
interface Edges {
  top: () => void
  bottom: () => void
  /** Whether the rows end with the newest message. */
  atTail: () => boolean
}

type Box = Readonly<Ref<HTMLElement | null>>

/** The scrolling element, its content, and the list of rows in it. */
export interface Boxes {
  scroller: Box
  content: Box
  list: Box
}

/**
 * Anchors the scroll position while the content changes: at the end if the reader is there, else at the topmost
 * visible row. Rows that can be the anchor carry `data-anchor`.
 */
export function useAnchor({ scroller, content, list }: Boxes, edges: Edges) {
  /** Whether the position is anchored at the end. */
  const pinned = ref(true)
  let anchor: { key: string; top: number } | null = null
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
    anchor = row ? { key: row.dataset['anchor'] ?? '', top: row.getBoundingClientRect().top - top } : null
  }

  function gap(): number {
    const box = scroller.value
    return box ? box.scrollHeight - box.scrollTop - box.clientHeight : 0
  }

  const isAtEnd = () => gap() <= AT_END && edges.atTail()

  function onScroll(): void {
    const box = scroller.value
    if (!box) return
    pinned.value = isAtEnd()
    remember()
    if (box.scrollTop < NEAR) edges.top()
    if (gap() < NEAR) edges.bottom()
  }

  /** Restores the position after the rows changed. */
  function restore(): void {
    const box = scroller.value
    if (!box) return
    // A scroll whose event is still pending moves the anchor; at the very end the browser itself scrolled.
    const drift = gap() > 0 ? box.scrollTop - lastTop : 0
    if (drift < 0) pinned.value = false
    if (pinned.value) box.scrollTop = box.scrollHeight
    else if (anchor) {
      const { key, top } = anchor
      const row = rows().find((each) => each.dataset['anchor'] === key)
      if (row)
        box.scrollTop += row.getBoundingClientRect().top - box.getBoundingClientRect().top - top + drift
    }
    remember()
    if (box.scrollHeight <= box.clientHeight + NEAR) edges.top()
    if (gap() < NEAR) edges.bottom()
  }

  /** Scrolls to the end and anchors there. */
  function toEnd(): void {
    pinned.value = true
    restore()
  }

  /** Scrolls to an element, with a margin above it. */
  function goTo(element: HTMLElement): void {
    const box = scroller.value
    if (!box) return
    box.scrollTop += element.getBoundingClientRect().top - box.getBoundingClientRect().top - 96
    pinned.value = isAtEnd()
    remember()
  }

  useEventListener(scroller, 'scroll', onScroll, { passive: true })
  useResizeObserver(scroller, restore)
  useResizeObserver(content, restore)

  return { pinned, restore, toEnd, goTo }
}

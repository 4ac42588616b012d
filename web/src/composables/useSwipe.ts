import { ref } from 'vue'

/** How far a finger moves to the left until the swipe counts, and at most with it, in pixels. */
const COUNTS = 56
const FURTHEST = 72

/** Returns the listeners that call back when an element is swiped to the left by touch, and how far it is moved. */
export function useSwipe(callback: () => void) {
  /** How far the element is moved, in pixels; 0 at rest. */
  const offset = ref(0)
  let start: { x: number; y: number } | null = null

  function rest(): void {
    start = null
    offset.value = 0
  }

  return {
    offset,
    pointerdown({ pointerType, clientX, clientY }: PointerEvent): void {
      start = pointerType === 'touch' ? { x: clientX, y: clientY } : null
    },
    pointermove({ clientX, clientY }: PointerEvent): void {
      if (!start) return
      const [x, y] = [clientX - start.x, clientY - start.y]
      // What moves up or down scrolls.
      if (offset.value === 0 && Math.abs(y) > Math.abs(x)) return
      offset.value = Math.max(-FURTHEST, Math.min(0, x))
    },
    pointerup(): void {
      const counts = offset.value <= -COUNTS
      rest()
      if (counts) callback()
    },
    pointercancel: rest,
  }
}

/** How long a finger stays, in milliseconds, and how far it may move meanwhile, in pixels. */
const DELAY_MS = 450
const MOVED = 10

/** Returns the listeners that call back when an element is pressed long by touch, in place of what the browser does then. */
export function useLongPress(callback: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let start = { x: 0, y: 0 }
  let pressed = false
  const cancel = () => clearTimeout(timer)

  function press(): void {
    cancel()
    if (pressed) return
    pressed = true
    callback()
  }

  return {
    pointerdown({ pointerType, clientX, clientY }: PointerEvent): void {
      cancel()
      pressed = false
      if (pointerType !== 'touch') return
      start = { x: clientX, y: clientY }
      timer = setTimeout(press, DELAY_MS)
    },
    pointermove({ clientX, clientY }: PointerEvent): void {
      if (Math.hypot(clientX - start.x, clientY - start.y) > MOVED) cancel()
    },
    pointerup: cancel,
    pointercancel: cancel,
    // Android's own long press; iOS has no such event.
    contextmenu(event: PointerEvent): void {
      if (event.pointerType !== 'touch') return
      event.preventDefault()
      press()
    },
    // Lifting the finger clicks what is under it.
    clickCapture(event: MouseEvent): void {
      if (!pressed) return
      pressed = false
      event.preventDefault()
      event.stopPropagation()
    },
  }
}

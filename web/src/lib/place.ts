/** A rectangle of the viewport, in pixels. */
type Rect = Pick<DOMRect, 'left' | 'right' | 'top' | 'bottom'>
interface Size {
  width: number
  height: number
}

/** The distances in pixels from the edges of the viewport, and from the anchor. */
const MARGIN = 8
const GAP = 4

/**
 * The position of a box below its anchor, or above it where there is no room, inside the viewport. The box extends to
 * the right of the anchor's left edge, or with `leftwards` to the left of its right edge.
 */
export function place(
  anchor: Rect,
  box: Size,
  viewport: Size,
  leftwards: boolean,
): { left: number; top: number } {
  const below = anchor.bottom + GAP
  const fits = below + box.height <= viewport.height - MARGIN
  return {
    left: clamp(leftwards ? anchor.right - box.width : anchor.left, viewport.width - box.width),
    top: clamp(fits ? below : anchor.top - GAP - box.height, viewport.height - box.height),
  }
}

function clamp(position: number, room: number): number {
  return Math.max(MARGIN, Math.min(position, room - MARGIN))
}

interface Size {
  width: number
  height: number
}
/** In CSS pixels from the middle of the stage. */
export interface Point {
  x: number
  y: number
}
/** How large a picture is shown, 1 being fitted, and where its middle is. */
export interface View extends Point {
  scale: number
}
/** The box that a picture is shown in, and the picture fitted into it. */
export interface Frame {
  stage: Size
  picture: Size
  /** The largest scale. */
  most: number
}

/** The largest scale of a picture that has no more pixels. */
const MOST = 4
/** How far a finger moves, in pixels, until it counts as a swipe, and until it is no tap. */
const SWIPE = 56
export const TAP = 10

export const FITTED: View = { scale: 1, x: 0, y: 0 }

/** Fits a picture into a stage without making it larger than it is. */
export function frameOf(natural: Size, stage: Size): Frame {
  const part = Math.min(1, stage.width / natural.width, stage.height / natural.height)
  const picture = { width: natural.width * part, height: natural.height * part }
  return { stage, picture, most: Math.max(MOST, 1 / part) }
}

/** Zooms to a scale within the limits; what is under the point stays there, as far as the edges allow. */
export function zoomTo(view: View, scale: number, { x, y }: Point, frame: Frame): View {
  const to = Math.min(Math.max(scale, 1), frame.most)
  const by = to / view.scale
  return inside({ scale: to, x: x - (x - view.x) * by, y: y - (y - view.y) * by }, frame)
}

/** Moves a picture, no further than to its edges. */
export function panBy(view: View, by: Point, frame: Frame): View {
  return inside({ scale: view.scale, x: view.x + by.x, y: view.y + by.y }, frame)
}

function inside({ scale, x, y }: View, { stage, picture }: Frame): View {
  const held = (at: number, length: number, room: number) => {
    const most = Math.max(0, (length * scale - room) / 2)
    // Adding 0 makes -0 a 0.
    return Math.min(Math.max(at, -most), most) + 0
  }
  return { scale, x: held(x, picture.width, stage.width), y: held(y, picture.height, stage.height) }
}

/** What a finger that moved this far asks for: along the page to the next or the previous, down to close. */
export function swipeOf({ x, y }: Point): 'next' | 'previous' | 'close' | null {
  if (Math.abs(x) > Math.abs(y)) {
    if (Math.abs(x) < SWIPE) return null
    return x < 0 ? 'next' : 'previous'
  }
  return y >= SWIPE ? 'close' : null
}

import { useElementSize } from '@vueuse/core'
import { computed, ref, shallowRef, type Ref } from 'vue'
import { FITTED, frameOf, panBy, swipeOf, TAP, zoomTo, type Point, type View } from '@/lib/zoom'

interface Options {
  stage: Ref<HTMLElement | null>
  /** The size of the picture; null while it is unknown, and of a film, which is not zoomed. */
  natural: () => { width: number; height: number } | null
  swipe: (to: 'next' | 'previous' | 'close') => void
}

/** How much nearer a key and a double tap bring a picture, and how far a key moves it. */
const STEP = 1.5
const DOUBLE = 2.5
export const PAN = 80
/** The time between the taps of a double tap in milliseconds, and their distance in pixels. */
const BETWEEN = 300
const NEAR = 30

/** The height of the controls at the lower edge of a film, whose pointers are their own. */
const CONTROLS = 72

function isOnControls({ target, offsetY }: PointerEvent): boolean {
  return target instanceof HTMLVideoElement && offsetY > target.clientHeight - CONTROLS
}

const apart = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y)
const minus = (a: Point, b: Point): Point => ({ x: a.x - b.x, y: a.y - b.y })

/** Zooms a picture by pointers, the wheel and steps, moves it while it is zoomed, and tells what fingers swipe. */
export function useZoom({ stage, natural, swipe }: Options) {
  const { width, height } = useElementSize(stage)
  const frame = computed(() => {
    const size = natural()
    return size && width.value > 0 ? frameOf(size, { width: width.value, height: height.value }) : null
  })
  const view = shallowRef<View>(FITTED)
  /** How far a finger has moved the fitted picture. */
  const dragged = shallowRef<Point>({ x: 0, y: 0 })
  /** Whether the picture follows a pointer, without a transition. */
  const following = ref(false)
  const zoomed = computed(() => view.value.scale > 1)
  const transform = computed(() => {
    const { scale, x, y } = view.value
    return `translate(${x + dragged.value.x}px, ${y + dragged.value.y}px) scale(${scale})`
  })
  const pointers = new Map<number, Point>()
  let moved = false
  /** Whether no second finger came, as swiping is for one. */
  let alone = true
  let tap: { time: number; point: Point } | null = null

  function zoom(scale: number, point: Point = { x: 0, y: 0 }): void {
    if (frame.value) view.value = zoomTo(view.value, scale, point, frame.value)
  }
  function pan(by: Point): void {
    if (frame.value) view.value = panBy(view.value, by, frame.value)
  }
  /** Zooms with a transition. */
  function step(scale: number, point?: Point): void {
    following.value = false
    zoom(scale, point)
  }
  const toggle = (point?: Point) => step(zoomed.value ? 1 : DOUBLE, point)

  function pointOf({ clientX, clientY }: MouseEvent): Point {
    const box = stage.value?.getBoundingClientRect() ?? new DOMRect()
    return { x: clientX - box.x - box.width / 2, y: clientY - box.y - box.height / 2 }
  }

  /** The middle of all pointers, and how far the first two are from each other. */
  function touched(): { middle: Point; distance: number } {
    const [a = { x: 0, y: 0 }, b = a] = pointers.values()
    const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }
    return { middle, distance: apart(a, b) }
  }

  function tapped(point: Point, time: number): void {
    const last = tap
    const near = last && time - last.time < BETWEEN && apart(point, last.point) < NEAR
    tap = near ? null : { time, point }
    if (near) toggle(point)
  }

  function pointerdown(event: PointerEvent): void {
    if (event.button !== 0 || isOnControls(event)) return
    alone = pointers.size === 0
    moved = !alone
    if (moved) dragged.value = { x: 0, y: 0 }
    pointers.set(event.pointerId, pointOf(event))
  }

  function pointermove(event: PointerEvent): void {
    const last = pointers.get(event.pointerId)
    if (!last) return
    const point = pointOf(event)
    const by = minus(point, last)
    // Captured earlier, the controls of a film would not get their clicks.
    if (!moved && Math.hypot(by.x, by.y) < TAP) return
    if (!stage.value?.hasPointerCapture(event.pointerId)) stage.value?.setPointerCapture(event.pointerId)
    moved = following.value = true
    const before = touched()
    pointers.set(event.pointerId, point)
    const after = touched()
    if (pointers.size > 1) {
      pan(minus(after.middle, before.middle))
      if (before.distance > 0) zoom((view.value.scale * after.distance) / before.distance, after.middle)
    } else if (zoomed.value) pan(by)
    else if (alone && event.pointerType === 'touch') {
      dragged.value = { x: dragged.value.x + by.x, y: dragged.value.y + by.y }
    }
  }

  function release(event: PointerEvent): void {
    if (!pointers.delete(event.pointerId) || pointers.size > 0) return
    const wanted = event.type === 'pointerup' ? swipeOf(dragged.value) : null
    dragged.value = { x: 0, y: 0 }
    following.value = false
    if (wanted) swipe(wanted)
    else if (!moved && event.type === 'pointerup') tapped(pointOf(event), event.timeStamp)
  }

  function wheel(event: WheelEvent): void {
    // A pinch on a trackpad comes as Ctrl and small steps.
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1)
    following.value = true
    zoom(view.value.scale * Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.002)), pointOf(event))
  }

  return {
    frame,
    zoomed,
    following,
    transform,
    gestures: { pointerdown, pointermove, pointerup: release, pointercancel: release, wheel },
    /** Whether the pointer moved before it was lifted, so that the click is none. */
    wasMoved: () => moved,
    pan,
    toggle,
    reset: () => step(1),
    nearer: () => step(view.value.scale * STEP),
    farther: () => step(view.value.scale / STEP),
  }
}

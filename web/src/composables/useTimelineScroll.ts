import { computed, nextTick, ref, watch } from 'vue'
import { useSession } from '@/stores/session'
import { useAnchor, type Boxes } from './useAnchor'
import type { useTimeline } from './useTimeline'

/** The scroll position of a room's timeline: where it opens, what it follows, and moving to a message. */
export function useTimelineScroll(timeline: ReturnType<typeof useTimeline>, boxes: Boxes) {
  const session = useSession()
  const { all, rows, waiting, atTail } = timeline
  /** Whether the room was loaded and scrolled to where it opens. */
  const positioned = ref(false)
  const anchor = useAnchor(boxes, { top: () => positioned.value && timeline.up(), bottom: timeline.down })
  /** Whether the reader is at the newest message, so that new ones scroll into view. */
  const following = computed(() => anchor.pinned.value && atTail.value)

  const seenTo = ref(0)
  const newest = computed(() => all.value.at(-1)?.seq ?? 0)
  watch([newest, following], () => following.value && (seenTo.value = newest.value), { immediate: true })
  /** The number of messages received since the reader was last at the end. */
  const unseen = computed(
    () => all.value.filter((each) => each.seq > seenTo.value && each.sender_id !== session.me).length,
  )

  /** Loads the room and scrolls to the unread divider, or to the end. */
  async function open(): Promise<void> {
    await timeline.open()
    await nextTick()
    const divider = boxes.list.value?.querySelector<HTMLElement>('[data-unread]')
    if (divider) anchor.goTo(divider)
    else anchor.toEnd()
    positioned.value = true
    if (!following.value) seenTo.value = (timeline.unreadFrom.value ?? newest.value + 1) - 1
  }

  /** Restores the position after something in the timeline changed. */
  function restore(): void {
    if (positioned.value) anchor.restore()
  }

  /** Scrolls to a loaded message and highlights it. */
  async function goTo(seq: number): Promise<void> {
    timeline.show(seq)
    await nextTick()
    const row = boxes.list.value?.querySelector<HTMLElement>(`[data-anchor="${seq}"]`)
    if (!row) return
    anchor.goTo(row)
    row.classList.add('animate-found')
    row.addEventListener('animationend', () => row.classList.remove('animate-found'), { once: true })
  }

  async function toEnd(): Promise<void> {
    timeline.toTail()
    await nextTick()
    anchor.toEnd()
  }

  watch(rows, restore, { flush: 'post' })
  watch(newest, () => following.value && timeline.trim())
  // Sending a message scrolls to the end.
  watch(
    () => waiting.value.length,
    (now, before) => now > before && void toEnd(),
  )

  return { positioned, following, unseen, open, restore, goTo, toEnd }
}

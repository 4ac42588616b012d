import { computed, nextTick, ref, watch } from 'vue'
import { after } from '@/lib/timeline'
import { useRooms } from '@/stores/rooms'
import { useSession } from '@/stores/session'
import { useAnchor, type Boxes } from './useAnchor'
import type { useTimeline } from './useTimeline'

/** The scroll position of a room's timeline: where it opens, what it follows, and moving to a message. */
export function useTimelineScroll(room: string, timeline: ReturnType<typeof useTimeline>, boxes: Boxes) {
  const session = useSession()
  const rooms = useRooms()
  const { all, rows, waiting, atTail } = timeline
  /** Whether the room was loaded and scrolled to where it opens. */
  const positioned = ref(false)
  const anchor = useAnchor(boxes, {
    top: () => positioned.value && timeline.up(),
    bottom: () => positioned.value && timeline.down(),
    atTail: () => atTail.value,
  })
  /** Whether the reader is at the newest message, so that new ones scroll into view. */
  const following = computed(() => anchor.pinned.value && atTail.value)

  const seenTo = ref(0)
  const newest = computed(() => all.value.at(-1)?.seq ?? 0)
  watch([newest, following], () => following.value && (seenTo.value = newest.value), { immediate: true })
  /** The number of messages received since the reader was last at the end. */
  const unseen = computed(() => {
    const loaded = after(all.value, seenTo.value).filter((each) => each.sender_id !== session.me).length
    const { hasNewer } = timeline.timeline.value
    return hasNewer ? loaded + (rooms.items.get(room)?.last_seq ?? 0) - newest.value : loaded
  })

  /** Loads the room and scrolls to a message, to the unread divider, or to the end. */
  async function open(target: number | null): Promise<void> {
    await timeline.open(target)
    await nextTick()
    const row = target === null ? null : rowOf(target)
    const at = row ?? boxes.list.value?.querySelector<HTMLElement>('[data-unread]')
    if (at) anchor.goTo(at)
    else anchor.toEnd()
    if (row) highlight(row)
    positioned.value = true
    if (!following.value && !row) seenTo.value = (timeline.unreadFrom.value ?? newest.value + 1) - 1
  }

  /** Restores the position after something in the timeline changed. */
  function restore(): void {
    if (positioned.value) anchor.restore()
  }

  const rowOf = (id: number) => boxes.list.value?.querySelector<HTMLElement>(`[data-message="${id}"]`) ?? null

  function highlight(row: HTMLElement): void {
    row.classList.add('animate-found')
    row.addEventListener('animationend', () => row.classList.remove('animate-found'), { once: true })
  }

  /** Scrolls to a message and highlights it; false if there is no such message. */
  async function goTo(id: number): Promise<boolean> {
    await timeline.show(id)
    await nextTick()
    const row = rowOf(id)
    if (!row) return false
    anchor.goTo(row)
    highlight(row)
    return true
  }

  async function toEnd(): Promise<void> {
    await timeline.toTail()
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

import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import type { Message } from '@/api/types'
import { after, layout } from '@/lib/timeline'
import * as win from '@/lib/window'
import { useReceipts } from '@/stores/receipts'
import { useMessages } from '@/stores/messages'
import { useNotifications } from '@/stores/notifications'
import { useOutbox } from '@/stores/outbox'
import { useRooms } from '@/stores/rooms'
import { useSession } from '@/stores/session'

/** With more unread messages than this a room opens where the reader left off, and loads the rest on the way down. */
const FAR = 150

/** The rows of a room: the rendered part of its messages, the outbox, day separators and the unread divider. */
export function useTimeline(room: string) {
  const session = useSession()
  const rooms = useRooms()
  const messages = useMessages()
  const outbox = useOutbox()
  const receipts = useReceipts()

  const timeline = computed(() => messages.of(room))
  const all = computed(() => timeline.value.messages)
  const waiting = computed(() => outbox.inRoom(room))
  const span = shallowRef<win.Span | null>(null)
  const unreadFrom = ref<number | null>(null)
  const bounds = computed(() => win.bounds(all.value, span.value ?? win.newest(all.value)))
  const atTail = computed(() => bounds.value[1] === all.value.length && !timeline.value.hasNewer)

  const rows = computed(() => {
    const [start, end] = bounds.value
    return layout({
      messages: all.value.slice(start, end),
      above: start > 0 ? (all.value[start - 1] ?? null) : null,
      waiting: atTail.value ? waiting.value : [],
      me: session.me,
      unreadFrom: unreadFrom.value,
    })
  })

  /** Loads the room around a message; without one, or if it is gone, from where the reader left off. */
  async function open(target: number | null): Promise<void> {
    if (target === null || !(await show(target))) await openUnread()
  }

  /** Loads the newest messages, or the first unread ones, and sets the unread divider where the reader left off. */
  async function openUnread(): Promise<void> {
    const item = rooms.items.get(room)
    const unread = item?.unread_count ?? 0
    const readTo = item?.last_read_seq ?? 0
    // A direct room has the other's receipt in itself.
    if (item?.is_group) void receipts.load(room)
    if (unread > FAR) await messages.openAfter(room, item?.last_read_message_id ?? null)
    else if (timeline.value.hasNewer) await messages.openNewest(room)
    else await messages.open(room, unread > 0 ? unread + 20 : 0)
    if (unread > 0) unreadFrom.value = firstUnread(all.value, readTo, session.me)
    span.value = unreadFrom.value === null ? win.newest(all.value) : win.around(all.value, unreadFrom.value)
  }

  function up(): void {
    if (!span.value) return
    const moved = win.up(all.value, span.value)
    if (moved === span.value) void messages.older(room)
    else span.value = moved
  }

  function down(): void {
    if (!span.value) return
    const last = all.value.at(-1)?.seq ?? 0
    const atLast = (span.value.to ?? last) >= last
    if (!timeline.value.hasNewer || !atLast) {
      span.value = win.down(all.value, span.value)
      return
    }
    if (span.value.to === null) span.value = { ...span.value, to: last }
    void messages.newer(room)
  }

  /** Renders the newest messages, which are loaded first if need be. */
  async function toTail(): Promise<void> {
    if (timeline.value.hasNewer) await messages.openNewest(room)
    span.value = win.newest(all.value)
  }

  /** Renders a message, which is loaded first if need be; false if there is no such message. */
  async function show(id: number): Promise<boolean> {
    if (!(await messages.openAround(room, id))) return false
    const seq = all.value.find((message) => message.message_id === id)?.seq ?? 0
    const [start, end] = bounds.value
    const rendered = (all.value[start]?.seq ?? 0) <= seq && seq <= (all.value[end - 1]?.seq ?? 0)
    if (!rendered || !span.value) span.value = win.around(all.value, seq)
    return true
  }

  /** Stops rendering old messages while the reader is at the end. */
  function trim(): void {
    if (span.value) span.value = win.trimmed(all.value, span.value)
  }

  // What is loaded at an edge is rendered at once: the reader was near it when it was requested.
  watch(
    () => all.value.at(-1)?.seq,
    (last, before) => {
      if (span.value && last !== undefined && before !== undefined && span.value.to === before) {
        span.value = win.down(all.value, span.value)
      }
    },
  )
  watch(
    () => all.value[0]?.seq,
    (first, before) => {
      if (span.value && first !== undefined && before !== undefined && first < before) {
        span.value = win.up(all.value, span.value)
      }
    },
  )

  return { timeline, all, rows, waiting, unreadFrom, atTail, open, up, down, toTail, show, trim }
}

function firstUnread(messages: readonly Message[], readTo: number, me: number): number | null {
  return after(messages, readTo).find((message) => message.sender_id !== me)?.seq ?? null
}

/** Marks the room as read while `watching`. */
export function useReadMarker(
  room: string,
  messages: Readonly<Ref<readonly Message[]>>,
  watching: Readonly<Ref<boolean>>,
) {
  const session = useSession()
  const rooms = useRooms()
  const notifications = useNotifications()
  const newestOther = computed(() => messages.value.findLast((message) => message.sender_id !== session.me))
  const unread = computed(() => {
    const item = rooms.items.get(room)
    const newest = newestOther.value
    return item && newest && (item.last_read_seq < newest.seq || item.unread_count > 0) ? newest : null
  })
  watch(
    [unread, watching],
    () => {
      const last = messages.value.at(-1)
      if (!watching.value || !unread.value || !last) return
      void rooms.markRead(room, last)
      notifications.read(room, last.seq)
    },
    { immediate: true },
  )
}

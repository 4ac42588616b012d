import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import type { Message } from '@/api/types'
import { layout } from '@/lib/timeline'
import * as win from '@/lib/window'
import { useReceipts } from '@/stores/receipts'
import { useMessages } from '@/stores/messages'
import { useOutbox } from '@/stores/outbox'
import { useRooms } from '@/stores/rooms'
import { useSession } from '@/stores/session'

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
  const atTail = computed(() => bounds.value[1] === all.value.length)

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

  /** Loads the room, and sets the unread divider where the reader left off. */
  async function open(): Promise<void> {
    const item = rooms.items.get(room)
    const unread = item?.unread_count ?? 0
    const readTo = item?.last_read_seq ?? 0
    // A direct room has the other's receipt in itself.
    if (item?.is_group) void receipts.load(room)
    await messages.open(room, unread > 0 ? unread + 20 : 0)
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
    if (span.value) span.value = win.down(all.value, span.value)
  }

  function toTail(): void {
    span.value = win.newest(all.value)
  }

  /** Renders a message that is loaded. */
  function show(seq: number): void {
    const [start, end] = bounds.value
    const rendered = (all.value[start]?.seq ?? 0) <= seq && seq <= (all.value[end - 1]?.seq ?? 0)
    if (!rendered) span.value = win.around(all.value, seq)
  }

  /** Stops rendering old messages while the reader is at the end. */
  function trim(): void {
    if (span.value) span.value = win.trimmed(all.value, span.value)
  }

  // Older messages are rendered as soon as they are loaded: the reader was near the top when they were requested.
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
  return messages.find((message) => message.seq > readTo && message.sender_id !== me)?.seq ?? null
}

/** Marks the room as read while `watching`. */
export function useReadMarker(
  room: string,
  messages: Readonly<Ref<readonly Message[]>>,
  watching: Readonly<Ref<boolean>>,
) {
  const session = useSession()
  const rooms = useRooms()
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
      if (watching.value && unread.value && last) void rooms.markRead(room, last)
    },
    { immediate: true },
  )
}

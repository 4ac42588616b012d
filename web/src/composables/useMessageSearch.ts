import { watchDebounced } from '@vueuse/core'
import { ref, shallowRef, type Ref } from 'vue'
import { problemOf, type Problem } from '@/api/problem'
import * as search from '@/api/search'
import { usePeople } from '@/stores/people'

/** A message that was found, with the places of the terms in it. */
export type Hit = Awaited<ReturnType<typeof search.messages>>['items'][number]

const PAGE = 20
const PAUSE_MS = 250

/** Searches the messages of a room, or of all rooms, for what is typed. */
export function useMessageSearch(query: Readonly<Ref<string>>, room?: string) {
  const people = usePeople()
  const hits = shallowRef<readonly Hit[]>([])
  const busy = ref(false)
  const problem = shallowRef<Problem | null>(null)
  /** What the hits were found for; empty before the first answer. */
  const answered = ref('')
  const cursor = ref<number | null>(null)
  let asked = 0

  async function load(more: boolean): Promise<void> {
    const q = query.value.trim()
    const turn = (asked += 1)
    if (!q) {
      hits.value = []
      answered.value = ''
      return
    }
    busy.value = true
    problem.value = null
    try {
      const at = more && cursor.value !== null ? { cursor: cursor.value } : {}
      const page = await search.messages({ q, limit: PAGE, ...at, ...(room && { chatroom_id: room }) })
      // An answer to what was typed before comes too late.
      if (turn !== asked) return
      page.items.forEach(({ message }) => people.updateFromMessage(message))
      hits.value = more ? [...hits.value, ...page.items] : page.items
      cursor.value = page.next_cursor
      answered.value = q
    } catch (thrown) {
      if (turn === asked) problem.value = problemOf(thrown)
    } finally {
      if (turn === asked) busy.value = false
    }
  }

  watchDebounced(query, () => load(false), { debounce: PAUSE_MS })

  return { hits, busy, problem, answered, cursor, more: () => load(true), again: () => load(false) }
}

import { computed, shallowRef, type ShallowRef } from 'vue'
import { useAction } from './useAction'
import { useLoad } from './useLoad'

interface Page<T, C> {
  items: T[]
  next_cursor: C | null
}

/** Loads a list page by page. */
export function usePages<T, C>(fetch: (cursor: C | null) => Promise<Page<T, C>>) {
  const { busy, run } = useAction()
  const next = shallowRef(null) as ShallowRef<C | null>
  const list = useLoad(async () => {
    const page = await fetch(null)
    next.value = page.next_cursor
    return page.items
  })

  /** Loads the next page. */
  const more = () =>
    run('more', async () => {
      const before = list.value
      const page = await fetch(next.value)
      // The list may have been loaded anew meanwhile.
      if (list.value !== before) return
      list.value = [...(before ?? []), ...page.items]
      next.value = page.next_cursor
    })

  /** Takes an item that has changed. */
  function replace(is: (item: T) => boolean, changed: T): void {
    list.value = (list.value ?? []).map((item) => (is(item) ? changed : item))
  }

  const hasMore = computed(() => next.value !== null)
  return { list, more, hasMore, loadingMore: computed(() => busy.value !== null), replace }
}

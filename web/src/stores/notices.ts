import { defineStore } from 'pinia'
import { shallowRef } from 'vue'

/** A short notice at the edge of the page. */
interface Notice {
  id: number
  text: string
  tone: 'info' | 'error'
  /** Where the notice leads. */
  link?: { to: string; label: string }
}

const SHOWN_MS = 5000

/** Short notices, each dismissed after five seconds. */
export const useNotices = defineStore('notices', () => {
  const list = shallowRef<readonly Notice[]>([])
  let next = 1

  function show(text: string, tone: Notice['tone'] = 'info', link?: Notice['link']): void {
    const id = next++
    list.value = [
      ...list.value.filter((notice) => notice.text !== text),
      { id, text, tone, ...(link && { link }) },
    ]
    setTimeout(() => dismiss(id), SHOWN_MS)
  }

  function dismiss(id: number): void {
    list.value = list.value.filter((notice) => notice.id !== id)
  }

  return { list, show, dismiss }
})

import { defineStore } from 'pinia'
import { shallowRef } from 'vue'

/** A short notice at the edge of the page. */
interface Notice {
  id: number
  text: string
  tone: 'info' | 'error'
  /** Where the notice leads. */
  link?: { to: string; label: string }
  /** What the notice asks to do. */
  action?: { label: string; run: () => void }
}

const SHOWN_MS = 5000

/** Short notices, each dismissed after five seconds, but for those that ask for something. */
export const useNotices = defineStore('notices', () => {
  const list = shallowRef<readonly Notice[]>([])
  let next = 1

  function show(text: string, tone: Notice['tone'] = 'info', link?: Notice['link']): void {
    const id = add({ text, tone, ...(link && { link }) })
    setTimeout(() => dismiss(id), SHOWN_MS)
  }

  /** Shows a notice that stays until what it asks for is done. */
  function ask(text: string, action: NonNullable<Notice['action']>): void {
    add({ text, tone: 'info', action })
  }

  function add(notice: Omit<Notice, 'id'>): number {
    const id = next++
    list.value = [...list.value.filter(({ text }) => text !== notice.text), { id, ...notice }]
    return id
  }

  function dismiss(id: number): void {
    list.value = list.value.filter((notice) => notice.id !== id)
  }

  return { list, show, ask, dismiss }
})

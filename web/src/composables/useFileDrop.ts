import { useEventListener } from '@vueuse/core'
import { ref } from 'vue'

const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true

/**
 * Takes the files that are dropped anywhere in the page, and says whether some are dragged over it. Without a taker a
 * dropped file is refused, where the browser would open it in place of the page.
 */
export function useFileDrop(take: ((files: File[]) => void) | null = null) {
  const over = ref(false)

  useEventListener(window, 'dragover', (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    over.value = take !== null
  })
  // Only what leaves the window goes to nothing.
  useEventListener(window, 'dragleave', (event) => {
    if (event.relatedTarget === null) over.value = false
  })
  useEventListener(window, 'drop', (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    over.value = false
    const files = [...(event.dataTransfer?.files ?? [])]
    if (files.length > 0) take?.(files)
  })

  return { over }
}

import { useEventListener } from '@vueuse/core'
import { ref } from 'vue'

const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true

/**
 * Takes the files that are dropped anywhere in the page, and says whether some are dragged over it. Without a taker a
 * dropped file is refused, where the browser would open it in place of the page.
 */
export function useFileDrop(take: ((files: File[]) => void) | null = null) {
  const over = ref(false)
  /** The elements that were entered and not left: moving between two enters one before it leaves the other. */
  let depth = 0

  function leave(): void {
    depth = 0
    over.value = false
  }

  useEventListener(window, 'dragenter', (event) => {
    if (!hasFiles(event)) return
    depth += 1
    over.value = take !== null
  })
  useEventListener(window, 'dragleave', (event) => {
    if (!hasFiles(event)) return
    depth -= 1
    if (depth <= 0) leave()
  })
  useEventListener(window, 'dragover', (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    if (event.dataTransfer && !take && !event.defaultPrevented) event.dataTransfer.dropEffect = 'none'
  })
  useEventListener(window, 'drop', (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    leave()
    const files = [...(event.dataTransfer?.files ?? [])]
    if (files.length > 0) take?.(files)
  })

  return { over }
}

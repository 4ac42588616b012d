import { nextTick, type Ref } from 'vue'

/** Writes at places of a text area; the caret is then behind what was written. */
export function useCaret(area: Readonly<Ref<HTMLTextAreaElement | null>>, write: (text: string) => void) {
  /** Writes a text in place of a part. */
  async function replace(from: number, to: number, text: string): Promise<void> {
    const element = area.value
    if (!element) return
    write(element.value.slice(0, from) + text + element.value.slice(to))
    await nextTick()
    element.setSelectionRange(from + text.length, from + text.length)
  }

  /** Writes a text at the caret, or in place of what is selected. */
  const insert = (text: string) =>
    replace(area.value?.selectionStart ?? 0, area.value?.selectionEnd ?? 0, text)

  return { replace, insert }
}

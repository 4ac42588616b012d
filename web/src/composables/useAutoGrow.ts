import { nextTick, onMounted, watch, type Ref } from 'vue'

/** Makes a text area as high as its text, where the browser does not (`field-sizing`). */
export function useAutoGrow(
  area: Readonly<Ref<HTMLTextAreaElement | null>>,
  text: Readonly<Ref<string>>,
): void {
  if (CSS.supports('field-sizing', 'content')) return

  async function resize(): Promise<void> {
    await nextTick()
    if (!area.value) return
    area.value.style.height = 'auto'
    area.value.style.height = `${area.value.scrollHeight}px`
  }
  watch(text, resize)
  onMounted(resize)
}

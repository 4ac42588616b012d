import { nextTick, watch } from 'vue'
import { useRoute } from 'vue-router'

/** After a navigation by which what had the focus went away, moves it to the main part of the page. */
export function useRouteFocus(): void {
  const route = useRoute()
  watch(
    () => route.path,
    async () => {
      await nextTick()
      if (document.activeElement && document.activeElement !== document.body) return
      focusMain()
    },
    { flush: 'post' },
  )
}

/** Moves the focus to the main part of the page. */
export function focusMain(): void {
  document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true })
}

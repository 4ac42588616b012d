import { defineStore } from 'pinia'
import { computed, ref, watchEffect } from 'vue'
import { load, save } from '@/lib/storage'

export const THEMES = ['system', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]

/** The settings of this browser. */
export const useSettings = defineStore('settings', () => {
  const stored = load('theme')
  const theme = ref<Theme>(THEMES.find((known) => known === stored) ?? 'system')
  // VueUse would be 5 KB of script that the sign-in page needs for nothing else.
  const preferred = matchMedia('(prefers-color-scheme: dark)')
  const systemDark = ref(preferred.matches)
  preferred.addEventListener('change', ({ matches }) => (systemDark.value = matches))
  const dark = computed(() => theme.value === 'dark' || (theme.value === 'system' && systemDark.value))

  watchEffect(() => {
    document.documentElement.dataset['theme'] = dark.value ? 'dark' : 'light'
  })

  function setTheme(to: Theme): void {
    theme.value = to
    save('theme', to)
  }

  return { theme, dark, setTheme }
})

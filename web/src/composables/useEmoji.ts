import { ref, shallowRef, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Locale } from '@/i18n'
import { TONES, withRecent, type Groups, type Tone } from '@/lib/emoji'
import { load, save } from '@/lib/storage'
import { useSession } from '@/stores/session'

const files: Record<Locale, () => Promise<{ default: unknown }>> = {
  'zh-TW': () => import('@/emoji/generated/zh-TW.json'),
  en: () => import('@/emoji/generated/en.json'),
  ja: () => import('@/emoji/generated/ja.json'),
}

/** The emoji in the user's language, those used lately on this device, and the skin tone chosen on it. */
export function useEmoji() {
  const { locale } = useI18n()
  const keyOf = (name: string) => `emoji.${useSession().me}.${name}`
  const groups = shallowRef<Groups>([])
  const recent = shallowRef(stored(load(keyOf('recent'))))
  const tone = ref<Tone>(TONES.find((each) => each === load(keyOf('tone'))) ?? '')
  watch(tone, (chosen) => save(keyOf('tone'), chosen))
  watch(
    locale,
    async (language) => {
      groups.value = (await files[language as Locale]()).default as Groups
    },
    { immediate: true },
  )

  function use(emoji: string): void {
    recent.value = withRecent(recent.value, emoji)
    save(keyOf('recent'), recent.value)
  }

  return { groups, recent, tone, use }
}

function stored(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

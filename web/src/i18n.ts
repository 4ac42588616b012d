import { createI18n } from 'vue-i18n'
import { load, save } from '@/lib/storage'

/** The languages, by their own names. */
export const LOCALES = { 'zh-TW': '繁體中文', en: 'English', ja: '日本語' } as const
export type Locale = keyof typeof LOCALES

const files: Record<Locale, () => Promise<{ default: Record<string, unknown> }>> = {
  'zh-TW': () => import('./locales/generated/zh-TW.json'),
  en: () => import('./locales/generated/en.json'),
  ja: () => import('./locales/generated/ja.json'),
}

export const i18n = createI18n({ legacy: false, locale: 'zh-TW', fallbackLocale: 'zh-TW', messages: {} })

/** The stored language, else the first supported one of the browser, else Traditional Chinese. */
function preferredLocale(stored: unknown, languages: readonly string[]): Locale {
  const known = Object.keys(LOCALES) as Locale[]
  const chosen = known.find((locale) => locale === stored)
  if (chosen) return chosen
  for (const language of languages) {
    const base = language.toLowerCase().split('-')[0]
    if (base === 'zh') return 'zh-TW'
    const found = known.find((locale) => locale === base)
    if (found) return found
  }
  return 'zh-TW'
}

/** Loads a language and switches the page to it. */
async function setLocale(locale: Locale): Promise<void> {
  const global = i18n.global
  if (!global.availableLocales.some((loaded) => loaded === locale)) {
    global.setLocaleMessage(locale, (await files[locale]()).default)
  }
  global.locale.value = locale
  document.documentElement.lang = locale
}

/** Switches the page to a language and stores the choice. */
export async function chooseLocale(locale: Locale): Promise<void> {
  await setLocale(locale)
  save('locale', locale)
}

/** Switches the page to the preferred language. */
export function startLocale(): Promise<void> {
  return setLocale(preferredLocale(load('locale'), navigator.languages))
}

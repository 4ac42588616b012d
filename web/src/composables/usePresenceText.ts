import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { ago } from '@/lib/time'
import { usePeople } from '@/stores/people'
import { useMinute } from './useMinute'

/** The text for whether somebody is online, or how long ago they were. */
export function usePresenceText(user: () => number | null): ComputedRef<string> {
  const { t, locale } = useI18n()
  const people = usePeople()
  const now = useMinute()
  return computed(() => {
    const id = user()
    const presence = id === null ? undefined : people.presence.get(id)
    if (!presence) return ''
    if (presence.online) return t('presence.online')
    return presence.last_seen
      ? t('presence.lastSeen', { ago: ago(presence.last_seen, locale.value, now.value) })
      : ''
  })
}

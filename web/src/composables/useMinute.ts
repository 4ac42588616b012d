import { createSharedComposable } from '@vueuse/core'
import { computed, onScopeDispose, shallowRef, type ComputedRef, type Ref } from 'vue'
import { dayKey } from '@/lib/time'

const MINUTE = 60_000

/** The time, updated as each minute of the clock begins; a page that slept is up to date within a minute. */
export const useMinute = createSharedComposable((): Readonly<Ref<Date>> => {
  const now = shallowRef(new Date())
  let timer: ReturnType<typeof setTimeout>
  const tick = () => {
    now.value = new Date()
    timer = setTimeout(tick, MINUTE - (now.value.getTime() % MINUTE))
  }
  tick()
  onScopeDispose(() => clearTimeout(timer))
  return now
})

/** A time of the current day, updated only when the next day begins. */
export function useToday(): ComputedRef<Date> {
  const now = useMinute()
  return computed<Date>((before) => (before && dayKey(before) === dayKey(now.value) ? before : now.value))
}

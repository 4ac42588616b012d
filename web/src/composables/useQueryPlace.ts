import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** Something that is open while the address names it, so that Back closes it. */
export function useQueryPlace(name: string) {
  const route = useRoute()
  const router = useRouter()
  let pushed = false
  const value = computed(() => {
    const found = route.query[name]
    return typeof found === 'string' ? found : null
  })

  function open(wanted: string | number): void {
    const query = { ...route.query, [name]: String(wanted) }
    // One that replaces another is closed as that would have been.
    if (value.value !== null) void router.replace({ query })
    else {
      pushed = true
      void router.push({ query })
    }
  }

  function close(): void {
    if (value.value === null) return
    if (pushed) router.back()
    else void router.replace({ query: { ...route.query, [name]: undefined } })
    pushed = false
  }

  return { value, open, close }
}

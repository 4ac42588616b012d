import { computed, ref, watch } from 'vue'
import { useFavicon, useTitle as setTitle } from '@vueuse/core'
import { useRooms } from '@/stores/rooms'

const NAME = 'Chatroom'

/** Shows the number of unread messages in the page's title, as a dot on its icon, and on that of the installed app. */
export function useTitle(): void {
  const rooms = useRooms()
  const count = ref(0)
  // A message that is read as it comes has been unread for nobody.
  watch(
    () => rooms.unread,
    (unread) => (count.value = unread),
    { immediate: true, flush: 'post' },
  )
  setTitle(computed(() => (count.value > 0 ? `(${count.value}) ${NAME}` : NAME)))
  useFavicon(computed(() => (count.value > 0 ? '/favicon-unread.svg' : '/favicon.svg')))
  watch(count, showBadge, { immediate: true })
}

// Not every browser has badges, and one without an installed app may refuse.
function showBadge(count: number): void {
  if (!('setAppBadge' in navigator)) return
  void (count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge()).catch(() => undefined)
}

import { computed } from 'vue'
import { useTitle as setTitle } from '@vueuse/core'
import { useRooms } from '@/stores/rooms'

const NAME = 'Chatroom'

/** Keeps the number of unread messages in the title of the page. */
export function useTitle(): void {
  const rooms = useRooms()
  setTitle(
    computed(() => {
      const count = rooms.unread
      return count > 0 ? `(${count}) ${NAME}` : NAME
    }),
  )
}

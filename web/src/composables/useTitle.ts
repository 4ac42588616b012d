import { computed } from 'vue'
import { useTitle as setTitle } from '@vueuse/core'
import { useRooms } from '@/stores/rooms'

const NAME = 'Chatroom'

/** Shows the number of unread messages in the page title. */
export function useTitle(): void {
  const rooms = useRooms()
  setTitle(
    computed(() => {
      const count = rooms.unread
      return count > 0 ? `(${count}) ${NAME}` : NAME
    }),
  )
}

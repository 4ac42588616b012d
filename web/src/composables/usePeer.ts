import { computed } from 'vue'
import type { Room } from '@/api/types'
import { usePeople } from '@/stores/people'

/** The other member of a direct room, and the name under which a room is shown. */
export function usePeer(room: () => Room) {
  const people = usePeople()
  const id = computed(() => (room().is_group ? null : room().user_id))
  const profile = computed(() => (id.value === null ? null : (people.profiles.get(id.value) ?? null)))
  const name = computed(() => people.roomName(room()))
  const online = computed(() => id.value !== null && people.presence.get(id.value)?.online === true)
  return { id, profile, name, online }
}

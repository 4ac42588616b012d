import { onUnmounted, watch } from 'vue'
import { useSelection } from '@/stores/selection'
import { useQueryPlace } from './useQueryPlace'

/** The selection of messages of a room, which Back ends as well. */
export function useSelectionPlace(room: string) {
  const selection = useSelection()
  const place = useQueryPlace('select')
  // What was selected before a reload is not known any more.
  place.close()
  watch(
    () => selection.room === room,
    (selecting) => (selecting ? place.open('messages') : place.close()),
  )
  watch(place.value, (value) => value === null && selection.end())
  onUnmounted(() => selection.end())
  return selection
}

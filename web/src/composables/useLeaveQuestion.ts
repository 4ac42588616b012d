import { useEventListener } from '@vueuse/core'
import { useOutbox } from '@/stores/outbox'
import { useSession } from '@/stores/session'

/** Has the browser ask before the page is left while files are on their way that are not kept for the next visit. */
export function useLeaveQuestion(): void {
  const outbox = useOutbox()
  const session = useSession()
  useEventListener(window, 'beforeunload', (event) => {
    if (outbox.losesFiles && session.ended === 'no') event.preventDefault()
  })
}

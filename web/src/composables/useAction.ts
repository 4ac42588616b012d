import { ref } from 'vue'
import { problemOf } from '@/api/problem'
import { useNotices } from '@/stores/notices'
import { useProblemText } from './useProblemText'

/** Runs the actions of a page one at a time, and shows a failure as a notice. */
export function useAction() {
  const notices = useNotices()
  const problemText = useProblemText()
  /** The name of the running action. */
  const busy = ref<string | null>(null)

  async function run(name: string, action: () => Promise<unknown>): Promise<boolean> {
    if (busy.value !== null) return false
    busy.value = name
    try {
      await action()
      return true
    } catch (thrown) {
      notices.show(problemText(problemOf(thrown)), 'error')
      return false
    } finally {
      busy.value = null
    }
  }

  return { busy, run }
}

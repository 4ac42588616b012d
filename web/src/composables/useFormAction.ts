import { computed, ref, shallowRef } from 'vue'
import { problemOf, type Problem } from '@/api/problem'
import { useFieldText, useProblemText } from './useProblemText'

/** Runs the action of a form, in which a failure is shown. */
export function useFormAction() {
  const problemText = useProblemText()
  const fieldText = useFieldText()
  const busy = ref(false)
  const problem = shallowRef<Problem | null>(null)

  async function submit(action: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    problem.value = null
    try {
      await action()
      return true
    } catch (thrown) {
      problem.value = problemOf(thrown)
      return false
    } finally {
      busy.value = false
    }
  }

  /** What is wrong with a field. */
  const errorOf = (field: string) => fieldText(problem.value, field)
  /** What is wrong, if it is no field. */
  const error = computed(() =>
    problem.value && Object.keys(problem.value.fields).length === 0 ? problemText(problem.value) : null,
  )
  return { busy, submit, problem, errorOf, error }
}

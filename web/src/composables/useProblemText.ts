import { useI18n } from 'vue-i18n'
import type { FieldError, Problem } from '@/api/problem'

/** Returns what to tell people about a problem, in their language as far as we know it. */
export function useProblemText(): (problem: Problem) => string {
  const { t, te } = useI18n()
  return (problem) => {
    if (te(`errors.${problem.code}`)) return t(`errors.${problem.code}`)
    if (problem.status === 429) return t('errors.rate_limited')
    if (problem.status >= 500 || problem.status < 0) return t('errors.internal')
    const [fault] = Object.values(problem.fields)
    return fault ? faultText(t, te, fault) : problem.detail
  }
}

/** Returns what to tell people about one field of a form. */
export function useFieldText(): (problem: Problem | null, field: string) => string | null {
  const { t, te } = useI18n()
  return (problem, field) => {
    const fault = problem?.fields[field]
    return fault ? faultText(t, te, fault) : null
  }
}

function faultText(t: (key: string) => string, te: (key: string) => boolean, fault: FieldError): string {
  return te(`faults.${fault.type}`) ? t(`faults.${fault.type}`) : fault.msg
}

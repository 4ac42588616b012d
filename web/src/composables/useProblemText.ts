import { useI18n } from 'vue-i18n'
import type { FieldError, Problem } from '@/api/problem'

/** Returns the text for a problem, in the user's language where it is translated. */
export function useProblemText(): (problem: Problem) => string {
  const { t, te } = useI18n()
  return (problem) => {
    if (te(`errors.${problem.code}`)) return t(`errors.${problem.code}`)
    if (problem.status === 429) return t('errors.rate_limited')
    if (problem.status >= 500 || problem.status < 0) return t('errors.internal')
    const [error] = Object.values(problem.fields)
    return error ? fieldErrorText(t, te, error) : problem.detail
  }
}

/** Returns the text for the error of one form field. */
export function useFieldText(): (problem: Problem | null, field: string) => string | null {
  const { t, te } = useI18n()
  return (problem, field) => {
    const error = problem?.fields[field]
    return error ? fieldErrorText(t, te, error) : null
  }
}

function fieldErrorText(t: (key: string) => string, te: (key: string) => boolean, error: FieldError): string {
  return te(`fieldErrors.${error.type}`) ? t(`fieldErrors.${error.type}`) : error.msg
}

import { useI18n } from 'vue-i18n'
import type { Message } from '@/api/types'
import { nameList } from '@/lib/text'
import { span } from '@/lib/time'
import { usePeople } from '@/stores/people'
import { useSession } from '@/stores/session'

type System = NonNullable<Message['system']>

/** How many names a line lists. */
const NAMES_MAX = 5

/** Returns the line that says, in the reader's language, what happened in a group. */
export function useSystemText() {
  const { t, locale } = useI18n()
  const people = usePeople()
  const session = useSession()

  function nameOf(user: number): string {
    return user === session.me ? t('system.you') : people.nameOf(user) || t('system.somebody')
  }

  function subjectsOf({ subjects }: System): string {
    const names = subjects.slice(0, NAMES_MAX).map(nameOf)
    const more = subjects.length - names.length
    return nameList(more > 0 ? [...names, t('system.more', { count: more })] : names, locale.value)
  }

  function keyOf({ action, name, role, disappear_after }: System): string {
    if (action === 'created' && name === null) return 'createdWithoutName'
    if (action === 'renamed' && name === null) return 'renamedToNothing'
    if (action === 'role_changed') return role === 'admin' ? 'madeAdmin' : 'madeMember'
    if (action === 'disappear_after_changed' && disappear_after === undefined) return 'disappearNoLonger'
    return action
  }

  return (system: System): string =>
    t(`system.${keyOf(system)}`, {
      actor: nameOf(system.actor),
      subjects: subjectsOf(system),
      name: system.name ?? '',
      span: span(system.disappear_after ?? 0, locale.value),
    })
}

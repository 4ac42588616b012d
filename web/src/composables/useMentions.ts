import { computed, ref, watch, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { mentionQuery, mentionsIn, type Mention, type Mentionable } from '@/lib/mentions'
import { useMembers } from '@/stores/members'
import { usePeople } from '@/stores/people'
import { useRooms } from '@/stores/rooms'
import { useSession } from '@/stores/session'
import { useCaret } from './useCaret'
import { useOptions } from './useOptions'

const SHOWN_MAX = 6

/** Who may be mentioned in a room: the members of a group, and all of them at once. */
export function useMentionable(room: string) {
  const { t } = useI18n()
  const rooms = useRooms()
  const members = useMembers()
  const people = usePeople()
  const session = useSession()
  return computed((): Mentionable[] => {
    if (!rooms.items.get(room)?.is_group) return []
    const others = members.of(room).filter((member) => member.user_id !== session.me)
    const named = others.map(({ user_id }) => ({ user_id, name: people.nameOf(user_id) }))
    return [...named, { user_id: null, name: t('composer.everybody') }]
  })
}

/** Completes the name behind an @ while it is typed. */
export function useMentions(
  room: string,
  area: Readonly<Ref<HTMLTextAreaElement | null>>,
  write: (text: string) => void,
) {
  const mentionable = useMentionable(room)
  const { replace } = useCaret(area, write)
  const query = ref<ReturnType<typeof mentionQuery>>(null)
  const shown = computed(() => {
    const wanted = query.value?.name.toLocaleLowerCase()
    if (wanted === undefined) return []
    const fits = ({ name }: Mentionable) => name.toLocaleLowerCase().includes(wanted)
    return mentionable.value.filter(fits).slice(0, SHOWN_MAX)
  })
  const { at, onKey: moves } = useOptions(() => shown.value.length)
  watch(shown, () => (at.value = 0))

  /** Looks at what is before the caret. */
  function look(): void {
    const element = area.value
    query.value = element ? mentionQuery(element.value, element.selectionEnd) : null
  }

  const close = () => (query.value = null)

  async function choose(index: number): Promise<void> {
    const [element, chosen, asked] = [area.value, shown.value[index], query.value]
    if (!element || !chosen || !asked) return
    close()
    await replace(asked.start, element.selectionEnd, `@${chosen.name} `)
    element.focus()
  }

  /** Whether a key moves in the list, chooses from it, or closes it. */
  function onKey(event: KeyboardEvent): boolean {
    if (shown.value.length === 0) return false
    if (moves(event)) return true
    if (event.key === 'Enter' || event.key === 'Tab') void choose(at.value)
    else if (event.key === 'Escape') close()
    else return false
    return true
  }

  return { shown, at, look, close, choose, onKey }
}

/** The mentions of a text that is sent to a room. */
export function useMentionsOf(room: string): (text: string) => Mention[] {
  const mentionable = useMentionable(room)
  return (text) => mentionsIn(text, mentionable.value)
}

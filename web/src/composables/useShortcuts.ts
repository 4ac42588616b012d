import { useEventListener } from '@vueuse/core'
import { useRouter } from 'vue-router'
import { useRooms } from '@/stores/rooms'

/** What the shortcuts of the whole page open. */
interface Opens {
  switcher: () => void
  help: () => void
}

/** The regions between which F6 moves, in their order. */
const REGIONS = [
  '[data-region=menu] a',
  '[data-region=rooms] [tabindex="0"], [data-region=rooms] input',
  '.timeline',
  '.composer-input',
  '[data-panel] input, [data-panel] button',
]

/** The shortcuts of the whole page: Ctrl, or the command key, with K and /, Alt with arrows, and F6. */
export function useShortcuts({ switcher, help }: Opens): void {
  const router = useRouter()
  const rooms = useRooms()

  /** Goes to the room before or after the one on screen, with `unread` to one that has something unread. */
  function step(by: number, unread: boolean): void {
    const list = rooms.list.filter(
      (room) => !unread || room.unread_count > 0 || room.chatroom_id === rooms.current,
    )
    const at = list.findIndex((room) => room.chatroom_id === rooms.current)
    const next = list[at < 0 ? 0 : at + by]
    if (next) void router.push(`/chats/${next.chatroom_id}`)
  }

  function moveRegion(by: number): void {
    const regions = REGIONS.flatMap((selector) => {
      const found = [...document.querySelectorAll<HTMLElement>(selector)].find((each) =>
        each.checkVisibility(),
      )
      return found ? [found] : []
    })
    const active = document.activeElement
    const at = regions.findIndex((region) => sameRegion(region, active))
    regions[(at + by + regions.length) % regions.length]?.focus()
  }

  useEventListener(document, 'keydown', (event) => {
    // A dialog keeps the keyboard to itself.
    if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return
    const command = event.ctrlKey || event.metaKey
    if (command && event.key === 'k') switcher()
    else if (command && event.key === '/') help()
    else if (event.altKey && event.key === 'ArrowDown') step(1, event.shiftKey)
    else if (event.altKey && event.key === 'ArrowUp') step(-1, event.shiftKey)
    else if (event.key === 'F6') moveRegion(event.shiftKey ? -1 : 1)
    else return
    event.preventDefault()
  })
}

function sameRegion(region: HTMLElement, active: Element | null): boolean {
  const of = (element: Element | null) => element?.closest('[data-region], [data-panel], .timeline, form')
  return active !== null && of(region) === of(active)
}

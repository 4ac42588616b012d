import { useEventListener } from '@vueuse/core'
import type { PickerTab } from '@/lib/emoji'

/** The keys that scroll the timeline. */
const SCROLLS = ['PageUp', 'PageDown', 'Home', 'End'] as const
export type ScrollKey = (typeof SCROLLS)[number]

/** What the shortcuts of a room do. */
interface Actions {
  escape: () => void
  /** Opens the search; false if it is open. */
  search: () => boolean
  info: () => void
  attach: () => void
  pictures: (tab: PickerTab) => void
  react: () => void
  scroll: (key: ScrollKey) => void
}

/** The shortcuts of a room: Escape, Ctrl, or the command key, with a letter, and the keys that scroll. */
export function useRoomShortcuts(actions: Actions): void {
  /** Whether Ctrl and a key did something. */
  function command({ key, code, shiftKey }: KeyboardEvent): boolean {
    // Pressed again, Ctrl+F is the browser's own.
    if (key === 'f') return actions.search()
    if (key === '.') actions.info()
    else if (key === 'u') actions.attach()
    else if (key === ';') actions.pictures('stickers')
    else if (shiftKey && code === 'KeyE') actions.pictures('emoji')
    else if (shiftKey && code === 'Backslash') actions.react()
    else return false
    return true
  }

  /** Whether a key scrolled: from the composer, where Home and End move in what is written, or from nowhere. */
  function scrolled({ key, target, altKey, shiftKey }: KeyboardEvent): boolean {
    const scrolls = SCROLLS.find((each) => each === key)
    if (!scrolls || altKey || shiftKey || !(target instanceof HTMLElement)) return false
    if (!target.matches('body, main, .composer-input')) return false
    const moves = scrolls === 'Home' || scrolls === 'End'
    if (moves && target instanceof HTMLTextAreaElement && target.value !== '') return false
    actions.scroll(scrolls)
    return true
  }

  useEventListener(document, 'keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return
    if (event.key === 'Escape' && !document.querySelector('[role=menu]')) actions.escape()
    else if (event.ctrlKey || event.metaKey ? command(event) : scrolled(event)) event.preventDefault()
  })
}

import { isEditable } from '@/composables/messageMenu'
import { copyText } from '@/lib/clipboard'
import { textOf } from '@/lib/message'
import type { Message } from '@/api/types'
import { useComposing } from '@/stores/composing'
import { useSession } from '@/stores/session'

/** What a key does with the message whose row has the focus. */
type Action = (message: Message, row: HTMLElement) => unknown

/** Moves the focus from message to message with the arrows, and acts on the one that has it by single keys. */
export function useRowFocus(messages: () => readonly Message[]) {
  const composing = useComposing()
  const session = useSession()
  const openMenu: Action = (_, row) => row.querySelector<HTMLElement>('[aria-haspopup=menu]')?.click()
  const ACTIONS: Record<string, Action> = {
    Enter: openMenu,
    '+': openMenu,
    r: (message) => message.deleted || composing.reply(message),
    e: (message) => isEditable(message, message.sender_id === session.me) && composing.edit(message),
    c: (message) => copyText(textOf(message)),
  }

  function move(region: HTMLElement, row: HTMLElement | null, by: number): void {
    const rows = [...region.querySelectorAll<HTMLElement>('[data-message]')]
    const at = row ? rows.indexOf(row) + by : rows.length - 1
    rows[Math.max(0, Math.min(at, rows.length - 1))]?.focus()
  }

  /** Handles the keys of the region that holds the rows. */
  return (event: KeyboardEvent): void => {
    const region = event.currentTarget as HTMLElement
    const target = event.target as HTMLElement
    const row = target.matches('[data-message]') ? target : null
    // A button or a link in a row has its own keys.
    if ((target !== region && !row) || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault()
      move(region, row, event.key === 'ArrowUp' ? -1 : 1)
      return
    }
    const message = messages().find((each) => String(each.message_id) === row?.dataset['message'])
    const action = ACTIONS[event.key]
    if (!row || !message || message.system || !action) return
    event.preventDefault()
    action(message, row)
  }
}

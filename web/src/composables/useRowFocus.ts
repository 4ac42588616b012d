import type { Message } from '@/api/types'
import { copyText } from '@/lib/clipboard'
import { textOf } from '@/lib/message'
import { useComposing } from '@/stores/composing'
import { useMessageDialog } from '@/stores/messageDialog'
import { useSelection } from '@/stores/selection'
import { useSession } from '@/stores/session'
import { isEditable, isUnsendable } from './messageMenu'

/** What a key does with the message whose row has the focus. */
type Action = (message: Message, row: HTMLElement) => unknown

/** Moves the focus from message to message with the arrows, and acts on the one that has it by single keys. */
export function useRowFocus(messages: () => readonly Message[]) {
  const composing = useComposing()
  const dialog = useMessageDialog()
  const selection = useSelection()
  const session = useSession()
  const isMine = (message: Message) => message.sender_id === session.me
  const ACTIONS: Record<string, Action> = {
    Enter: (_, row) => row.querySelector<HTMLElement>('[aria-haspopup=menu]')?.click(),
    r: (message) => message.deleted || composing.reply(message),
    e: (message) => isEditable(message, isMine(message)) && composing.edit(message),
    c: (message) => copyText(textOf(message)),
    '+': (message) => message.deleted || dialog.show('react', [message]),
    Delete: (message) => dialog.show(isUnsendable(message, isMine(message)) ? 'unsend' : 'hide', [message]),
    ' ': (message) => (selection.room === null ? selection.begin(message) : selection.toggle(message)),
  }
  /** The keys that press a button; while messages are selected they select, and the others do nothing. */
  const PRESSES = ['Enter', ' ']

  function move(region: HTMLElement, row: HTMLElement | null, by: number): void {
    const rows = [...region.querySelectorAll<HTMLElement>('[data-message]')]
    const at = row ? rows.indexOf(row) + by : rows.length - 1
    rows[Math.max(0, Math.min(at, rows.length - 1))]?.focus()
  }

  function act(key: string, row: HTMLElement): boolean {
    const message = messages().find((each) => String(each.message_id) === row.dataset['message'])
    if (!message || message.system) return false
    const selecting = selection.room !== null
    const action = selecting ? PRESSES.includes(key) && ACTIONS[' '] : ACTIONS[key]
    if (!action) return false
    action(message, row)
    return true
  }

  /** Handles the keys of the region that holds the rows. */
  return (event: KeyboardEvent): void => {
    const region = event.currentTarget as HTMLElement
    const target = event.target as HTMLElement
    // A button or a link in a row has its own keys, but for what has the focus after its menu or a click.
    const row = target.matches('[data-message], [data-message] :is([aria-haspopup=menu], [type=checkbox])')
      ? target.closest<HTMLElement>('[data-message]')
      : null
    if (target.matches('button') && selection.room === null && PRESSES.includes(event.key)) return
    if ((target !== region && !row) || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown')
      move(region, row, event.key === 'ArrowUp' ? -1 : 1)
    else if (!row || !act(event.key, row)) return
    else if (event.key === ' ') row.focus()
    event.preventDefault()
  }
}

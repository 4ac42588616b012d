import {
  CheckCheck,
  CircleCheck,
  Copy,
  Flag,
  Forward,
  Pencil,
  Pin,
  PinOff,
  Reply,
  Trash2,
  Undo2,
} from '@lucide/vue'
import type { Component } from 'vue'
import type { Message } from '@/api/types'
import { copyText } from '@/lib/clipboard'
import { textOf } from '@/lib/message'
import { useComposing } from '@/stores/composing'
import type { MessageDialog } from '@/stores/messageDialog'
import { useRooms } from '@/stores/rooms'
import { useSelection } from '@/stores/selection'

/** Whether the text of a message, or the caption of its file, may be changed by its sender. */
export function isEditable(message: Message, mine: boolean): boolean {
  return mine && !message.deleted && !message.system && !message.forwarded && message.kind !== 'sticker'
}

/** Whether its sender may take a message back; until when is an operator's setting, which the server knows. */
export function isUnsendable(message: Message, mine: boolean): boolean {
  return mine && !message.deleted && !message.system
}

/** The reactions that are one tap away. */
export const QUICK_REACTIONS = ['👍', '❤️', '😂', '😮', '😢', '🙏'] as const

/** An item of the menu of a message; its texts are keys of the locales. */
export interface MessageMenuItem {
  label: string
  icon: Component
  danger?: boolean
  shown: (message: Message, mine: boolean) => boolean
  run?: (message: Message) => unknown
  /** The dialog that it opens. */
  opens?: MessageDialog
  /** Shown after it ran. */
  done?: string
}

/** The table of what can be done with a message. */
export const MESSAGE_MENU: readonly MessageMenuItem[] = [
  {
    label: 'messages.menu.reply',
    icon: Reply,
    shown: (message) => !message.deleted,
    run: (message) => useComposing().reply(message),
  },
  {
    label: 'messages.menu.edit',
    icon: Pencil,
    shown: isEditable,
    run: (message) => useComposing().edit(message),
  },
  {
    label: 'messages.menu.forward',
    icon: Forward,
    shown: (message) => !message.deleted,
    opens: 'forward',
  },
  {
    label: 'messages.menu.copy',
    icon: Copy,
    shown: (message) => !message.deleted && textOf(message) !== '',
    run: (message) => copyText(textOf(message)),
    done: 'messages.menu.copied',
  },
  {
    label: 'messages.menu.pin',
    icon: Pin,
    shown: (message) => !message.deleted && !useRooms().pinOf(message),
    run: (message) => useRooms().setPinned(message, true),
  },
  {
    label: 'messages.menu.unpin',
    icon: PinOff,
    shown: (message) => useRooms().pinOf(message) !== undefined,
    run: (message) => useRooms().setPinned(message, false),
  },
  {
    label: 'messages.menu.readers',
    icon: CheckCheck,
    shown: (message, mine) =>
      mine && !message.deleted && useRooms().items.get(message.chatroom_id)?.is_group === true,
    opens: 'readers',
  },
  {
    label: 'messages.menu.select',
    icon: CircleCheck,
    shown: () => true,
    run: (message) => useSelection().begin(message),
  },
  {
    label: 'messages.menu.unsend',
    icon: Undo2,
    shown: isUnsendable,
    opens: 'unsend',
  },
  {
    label: 'report.action',
    icon: Flag,
    shown: (message, mine) => !mine && !message.deleted,
    opens: 'report',
  },
  {
    label: 'messages.menu.hide',
    icon: Trash2,
    danger: true,
    shown: () => true,
    opens: 'hide',
  },
]

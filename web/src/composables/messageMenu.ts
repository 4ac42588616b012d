import { Copy, Pin, PinOff, Trash2, Undo2 } from '@lucide/vue'
import type { Component } from 'vue'
import type { Message } from '@/api/types'
import { copyText } from '@/lib/clipboard'
import { textOf } from '@/lib/message'
import { hide, unsend } from '@/stores/messageActions'
import { useRooms } from '@/stores/rooms'

/** An item of the menu of a message; its texts are keys of the locales. */
export interface MessageMenuItem {
  label: string
  icon: Component
  danger?: boolean
  shown: (message: Message, mine: boolean) => boolean
  run: (message: Message) => Promise<unknown>
  /** Asked before it runs. */
  confirm?: { title: string; text: string; action: string }
  /** Shown after it ran. */
  done?: string
}

/** The table of what can be done with a message. */
export const MESSAGE_MENU: readonly MessageMenuItem[] = [
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
    label: 'messages.menu.unsend',
    icon: Undo2,
    shown: (message, mine) => mine && !message.deleted,
    run: unsend,
    confirm: {
      title: 'messages.menu.unsendTitle',
      text: 'messages.menu.unsendText',
      action: 'messages.menu.unsend',
    },
  },
  {
    label: 'messages.menu.hide',
    icon: Trash2,
    danger: true,
    shown: () => true,
    run: hide,
    confirm: { title: 'messages.menu.hideTitle', text: 'messages.menu.hideText', action: 'common.delete' },
  },
]

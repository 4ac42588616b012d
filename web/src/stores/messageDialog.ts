import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { Message } from '@/api/types'

/** What is asked, or shown, of messages before something is done with them. */
export type MessageDialog = 'forward' | 'readers' | 'report' | 'react' | 'unsend' | 'hide'

interface Open {
  readonly dialog: MessageDialog
  readonly messages: readonly Message[]
}

/** The dialog about messages that is open. */
export const useMessageDialog = defineStore('messageDialog', () => {
  const open = shallowRef<Open | null>(null)

  function show(dialog: MessageDialog, messages: readonly Message[]): void {
    open.value = { dialog, messages }
  }

  function close(): void {
    open.value = null
  }

  return { open, show, close }
})

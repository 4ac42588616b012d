import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import * as api from '@/api/people'
import type { Privacy, PrivacyChange } from '@/api/types'

/** Who finds the user, writes to them, and sees their presence. */
export const usePrivacy = defineStore('privacy', () => {
  const settings = shallowRef<Privacy | null>(null)

  /** Takes the settings, from an answer or an event. */
  function receive(received: Privacy): void {
    settings.value = received
  }

  const load = async () => receive(await api.privacy())
  const change = async (part: PrivacyChange) => receive(await api.changePrivacy(part))

  return { settings, receive, load, change }
})

import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { ConnectionState } from '@/live/socket'

/** A loss shorter than this is not shown. */
const GRACE_MS = 2000

/** The state of the Socket.IO connection, and whether to show that it is lost. */
export const useConnection = defineStore('connection', () => {
  const state = ref<ConnectionState>('connecting')
  /** Whether the connection has been lost for longer than the grace period. */
  const interrupted = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined

  function set(now: ConnectionState): void {
    if (now === state.value && now !== 'connecting') return
    state.value = now
    clearTimeout(timer)
    if (now === 'online') interrupted.value = false
    else timer = setTimeout(() => (interrupted.value = true), GRACE_MS)
  }

  return { state, interrupted, set }
})

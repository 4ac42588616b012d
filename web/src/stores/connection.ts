import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { Link } from '@/live/socket'

const PATIENCE_MS = 2000

/** The state of the live connection, as far as the reader should hear of it. */
export const useConnection = defineStore('connection', () => {
  const link = ref<Link>('connecting')
  /** Whether the connection has been gone long enough to be worth a word. */
  const troubled = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined

  function set(now: Link): void {
    if (now === link.value && now !== 'connecting') return
    link.value = now
    clearTimeout(timer)
    if (now === 'online') troubled.value = false
    else timer = setTimeout(() => (troubled.value = true), PATIENCE_MS)
  }

  return { link, troubled, set }
})

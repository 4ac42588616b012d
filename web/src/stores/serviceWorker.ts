import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { registerWorker, serviceWorkers } from '@/lib/serviceWorker'
import { useOutbox } from './outbox'

/** The service worker of this page, and the new version of the client that waits. */
export const useServiceWorker = defineStore('serviceWorker', () => {
  const outbox = useOutbox()
  /** Whether a new version is there, which a reload shows. */
  const ready = ref(false)
  const reloading = ref(false)
  /** Whether a reload would interrupt a file on its way. */
  const busy = computed(
    () => outbox.losesFiles || outbox.queue.some(({ file, state }) => file !== null && isUnderWay(state)),
  )
  let registration: ServiceWorkerRegistration | null = null
  let started = false

  /** Registers the worker, which begins to keep the client for the next start. */
  async function start(): Promise<void> {
    const workers = serviceWorkers()
    if (started || !workers) return
    started = true
    let controlled = workers.controller !== null
    workers.addEventListener('controllerchange', () => {
      // The first worker takes over the page that it belongs to; any other is a new version, perhaps by another tab.
      if (reloading.value) location.reload()
      else ready.value = controlled
      controlled = true
    })
    registration = await registerWorker()
    if (!registration) return
    const { waiting } = registration
    if (waiting && workers.controller) ready.value = true
    registration.addEventListener('updatefound', () => watchInstalling(workers))
  }

  function watchInstalling({ controller }: ServiceWorkerContainer): void {
    const installing = registration?.installing
    installing?.addEventListener('statechange', () => {
      if (installing.state === 'installed' && controller) ready.value = true
    })
  }

  /** Looks whether the server has a new version. */
  async function check(): Promise<void> {
    await registration?.update().catch(() => undefined)
  }

  /** Shows the new version as soon as no file is on its way. */
  function reload(): void {
    reloading.value = true
  }

  watch([reloading, busy], () => {
    if (!reloading.value || busy.value) return
    // The page is loaded anew when the new worker has taken over.
    if (registration?.waiting) registration.waiting.postMessage({ type: 'activate' })
    else location.reload()
  })

  return { ready, busy, start, check, reload }
})

function isUnderWay(state: string): boolean {
  return state === 'uploading' || state === 'sending'
}

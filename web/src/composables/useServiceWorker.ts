import { useEventListener, useWindowFocus } from '@vueuse/core'
import { watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import { keep } from '@/lib/keep'
import { serviceWorkers } from '@/lib/serviceWorker'
import type { ToPage } from '@/lib/workerMessages'
import { useConnection } from '@/stores/connection'
import { useNotices } from '@/stores/notices'
import { useNotifications } from '@/stores/notifications'
import { useSession } from '@/stores/session'
import { useServiceWorker as useWorker } from '@/stores/serviceWorker'

/** Has the service worker at work while a user is signed in: new versions, notifications and their language. */
export function useServiceWorker(): void {
  const { t, locale } = useI18n()
  const router = useRouter()
  const route = useRoute()
  const session = useSession()
  const focused = useWindowFocus()
  const worker = useWorker()
  const notices = useNotices()
  const connection = useConnection()
  const notifications = useNotifications()
  void worker.start()

  function reload(): void {
    if (worker.busy) notices.show(t('update.afterUpload'))
    worker.reload()
  }
  watch(
    () => worker.ready,
    (ready) => ready && notices.ask(t('update.ready'), { label: t('update.reload'), run: reload }),
    { immediate: true },
  )
  // A server that has restarted may have a new version, and the browser a new subscription.
  watch(
    () => connection.state,
    (state) => {
      if (state !== 'online') return
      void worker.check()
      void notifications.resume()
    },
  )
  // To the worker a page is always where it was loaded.
  watch(
    [() => route.path, focused],
    ([path]) => focused.value && session.user && void keep('front', { path }),
    { immediate: true },
  )
  watch(locale, () => void keep('language', { locale: locale.value }), { immediate: true })
  useEventListener(serviceWorkers(), 'message', ({ data }: MessageEvent<ToPage>) => {
    void router.push(data.path)
  })
}

import { watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useExports } from '@/stores/exports'
import { useNotices } from '@/stores/notices'

/** Tells the user, wherever they are, that the copy of their data that was being made is ready. */
export function useExportNotice(): void {
  const { t } = useI18n()
  const exports = useExports()
  const notices = useNotices()
  watch(
    () => exports.current?.state,
    (now, before) => {
      if (before !== 'pending' || now !== 'ready') return
      notices.show(t('settings.export.isReady'), 'info', {
        to: '/settings/account',
        label: t('settings.export.show'),
      })
    },
  )
}

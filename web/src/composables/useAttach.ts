import { useI18n } from 'vue-i18n'
import { useAttachments } from '@/stores/attachments'
import { useNotices } from '@/stores/notices'

/** Returns what puts files into the tray of a room, and says which of them cannot be sent, and why. */
export function useAttach(): (room: string, files: readonly File[]) => Promise<void> {
  const attachments = useAttachments()
  const notices = useNotices()
  const { t } = useI18n()
  return async (room, files) => {
    for (const { file, reason } of await attachments.add(room, files)) {
      notices.show(t(`composer.refused.${reason}`, { name: file.name }), 'error')
    }
  }
}

import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import * as api from '@/api/push'
import type { Message } from '@/api/types'
import { endSubscription, subscription } from '@/lib/push'
import { isMuted, isRequest } from '@/lib/room'
import { serviceWorkers, tellWorker } from '@/lib/serviceWorker'
import { load, onStored, save } from '@/lib/storage'
import { excerpt } from '@/lib/text'
import type { Push } from '@/lib/workerMessages'
import { usePeople } from './people'
import { usePrivacy } from './privacy'
import { useRooms } from './rooms'
import { useSession } from './session'

/** Why there can be no notifications; null if there can be. */
type Hindrance = 'insecure' | 'unsupported' | 'denied' | null

const KEY = 'notifications'

/** The notifications of this browser: by push while there is no connection, and else by the page in the background. */
export const useNotifications = defineStore('notifications', () => {
  const session = useSession()
  const rooms = useRooms()
  const people = usePeople()
  const privacy = usePrivacy()
  const wanted = ref(load(KEY) !== null)
  const permission = ref(permitted())
  /** Whether messages are pushed here; null as long as that is not known. */
  const pushed = ref<boolean | null>(null)
  const hindrance = computed((): Hindrance => {
    if (!isSecureContext) return 'insecure'
    if (permission.value === null || !serviceWorkers()) return 'unsupported'
    return permission.value === 'denied' ? 'denied' : null
  })
  const on = computed(() => wanted.value && permission.value === 'granted')
  let subscribed: string | null = null

  /** Asks for the permission, which takes a click, and has messages pushed here. */
  async function enable(): Promise<void> {
    permission.value = await Notification.requestPermission()
    if (permission.value !== 'granted') return
    set(true)
    await subscribe()
  }

  /** Shows no notifications here any more. */
  async function disable(): Promise<void> {
    set(false)
    const id = subscribed
    subscribed = null
    pushed.value = null
    await endSubscription()
    // Another tab may have done so already.
    if (id) await api.unsubscribe(id).catch(() => undefined)
  }

  function set(to: boolean): void {
    wanted.value = to
    save(KEY, to || null)
  }

  /** Subscribes again with what the browser and the server have now. */
  async function resume(): Promise<void> {
    permission.value = permitted()
    if (on.value && subscribed === null) await subscribe()
  }

  async function subscribe(): Promise<void> {
    await privacy.load().catch(() => undefined)
    try {
      const made = await subscription((await api.key()).key)
      const { endpoint, keys: { p256dh, auth } = {} } = made ?? {}
      if (endpoint && p256dh && auth)
        subscribed = (await api.subscribe({ endpoint, p256dh, auth })).subscription_id
    } catch {
      // The push service cannot be reached, or the browser has none: the page says what it receives itself.
    }
    pushed.value = subscribed !== null
  }

  /** Shows a notification of a message that was received, unless the page is in front. */
  function announce(message: Message): void {
    const room = rooms.items.get(message.chatroom_id)
    const isInFront = document.visibilityState === 'visible' && document.hasFocus()
    if (!on.value || isInFront || !room || isMuted(room) || isRequest(room)) return
    if (message.sender_id === session.me || message.system || message.silent) return
    const { chatroom_id, message_id, seq, message_type, content, caption } = message
    const text = (message_type === 'text' ? content : caption) ?? ''
    const preview: Partial<Push> = privacy.settings?.push_preview
      ? {
          sender_name: people.senderName(message),
          chatroom_name: room.is_group ? people.roomName(room) : null,
          message_type,
          content: excerpt(text),
        }
      : {}
    tellWorker({ type: 'message', chatroom_id, message_id, seq, ...preview })
  }

  /** Takes back the notification of a message that was unsent. */
  function unsend({ chatroom_id, message_id, seq }: Message): void {
    if (on.value) tellWorker({ type: 'unsent', chatroom_id, message_id, seq })
  }

  /** Takes back the notification of a room that was read. */
  function read(chatroom_id: string, seq: number): void {
    if (on.value) tellWorker({ type: 'read', chatroom_id, seq })
  }

  // Another tab has switched them on or off.
  onStored((key) => {
    if (key === KEY) wanted.value = load(KEY) !== null
  })
  watch(wanted, () => (permission.value = permitted()))

  return { wanted, on, pushed, hindrance, enable, disable, resume, announce, unsend, read }
})

/** What the user has decided for this site; null where the browser has no notifications. */
function permitted(): NotificationPermission | null {
  return 'Notification' in window ? Notification.permission : null
}

import type { Blocked, Friend, Message, Profile, Room, User } from '@/api/types'
import { drop, keepAll, kept } from './keep'
import { newestRun } from './timeline'

/** What the browser keeps of an account, to show it at once on the next start and without a network. */
export interface OfflineCopy {
  readonly user: User
  /** How far the event log is in it. */
  readonly cursor: string
  readonly rooms: readonly Room[]
  readonly friends: Readonly<Record<'friends' | 'received' | 'sent', readonly Friend[]>>
  readonly blocks: readonly Blocked[]
  readonly profiles: readonly Profile[]
}

/** The newest messages of a room that was opened. */
export interface OfflineTimeline {
  readonly room: string
  readonly messages: readonly Message[]
  /** The numbers between them whose messages the user has hidden. */
  readonly hidden: readonly number[]
  readonly hasOlder: boolean
}

/** The most messages of a room, and the most rooms with messages. */
const MESSAGES_MAX = 50
export const TIMELINES_MAX = 20

const PREFIX = 'offline.'
const ACCOUNT = `${PREFIX}account`
const timelineKey = (room: string) => `${PREFIX}room.${room}`

/** The copy of a user's account; null if there is none. */
export async function offlineCopy(user: unknown): Promise<OfflineCopy | null> {
  const [copy] = (await kept(ACCOUNT)) as OfflineCopy[]
  return copy && copy.user.user_id === user ? copy : null
}

/** The timelines of the copy. */
export async function offlineTimelines(): Promise<OfflineTimeline[]> {
  return (await kept(timelineKey(''))) as OfflineTimeline[]
}

/** Replaces the copy; the timelines that are not given stay as they are, but for those of `dropped` rooms. */
export function keepOffline(
  copy: OfflineCopy,
  timelines: readonly OfflineTimeline[],
  dropped: readonly string[],
): Promise<boolean> {
  const values = timelines.map((timeline) => [timelineKey(timeline.room), timeline] as const)
  return keepAll([[ACCOUNT, copy], ...values], dropped.map(timelineKey))
}

/** Drops the copy. */
export const dropOffline = () => drop(PREFIX)

/** The part of a room's messages that is kept: those after the last gap, and of them the newest. */
export function newestPart(
  room: string,
  { messages, hasOlder }: Pick<OfflineTimeline, 'messages' | 'hasOlder'>,
  hidden: ReadonlySet<number>,
): OfflineTimeline {
  const part = newestRun(messages.slice(-MESSAGES_MAX), hidden)
  const first = part[0]?.seq ?? Infinity
  return {
    room,
    messages: part,
    hidden: [...hidden].filter((seq) => seq > first),
    hasOlder: hasOlder || part.length < messages.length,
  }
}

/** Without the messages that have disappeared since; their numbers are then hidden ones. */
export function unexpired(timeline: OfflineTimeline, now: number): OfflineTimeline {
  const messages = timeline.messages.filter((message) => !isExpired(message, now))
  if (messages.length === timeline.messages.length) return timeline
  const gone = timeline.messages.filter((message) => isExpired(message, now)).map(({ seq }) => seq)
  return { ...timeline, messages, hidden: [...timeline.hidden, ...gone] }
}

/** Whether a message is there for nobody any more. */
export function isExpired({ expires_at }: Pick<Message, 'expires_at'>, now: number): boolean {
  return expires_at !== undefined && Date.parse(expires_at) <= now
}

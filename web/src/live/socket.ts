import { io, type Socket } from 'socket.io-client'
import { parseProblem, Problem } from '@/api/problem'
import { accessToken, freshToken, refresh } from '@/api/token'

/** The state of the live connection. */
export type Link = 'connecting' | 'online' | 'lost'

/** Who hears what the socket brings, and says from where the server is to go on. */
export interface Listener {
  event: (name: string, payload: unknown) => void
  link: (link: Link) => void
  /** The cursor of the last change up to which nothing is missing; null before there is one. */
  since: () => string | null
}

/** An acknowledgement as the server writes it. */
interface Ack {
  ok: boolean
  code?: string
  detail?: string
}

const ACK_MS = 10_000
let socket: Socket | null = null
let unwatch: () => void = () => undefined

/** Opens the live connection and keeps it open until `disconnect`. */
export function connect(listener: Listener): void {
  disconnect()
  const opened = io({
    path: '/socket.io/',
    transports: ['websocket'],
    reconnectionDelay: 500,
    reconnectionDelayMax: 8000,
    timeout: 8000,
    auth: (give) => {
      const enter = (token: string | null) => {
        const since = listener.since()
        give(since === null ? { token } : { token, since })
      }
      // A renewal that fails is answered by the server's refusal below.
      freshToken().then(enter, () => enter(accessToken()))
    },
  })
  socket = opened
  unwatch = watchNetwork(opened)
  let refusals = 0
  /** How long the server asked to wait before coming back to it. */
  let pause: number | null = null
  listener.link('connecting')
  opened.on('connect', () => {
    refusals = 0
    listener.link('online')
  })
  opened.on('disconnect', (reason) => {
    if (reason === 'io client disconnect') return
    listener.link('lost')
    // socket.io does not come back by itself when the server ends the namespace.
    if (pause !== null || reason === 'io server disconnect') comeBack(opened, pause ?? 1000)
    pause = null
  })
  opened.on('connect_error', () => {
    listener.link('lost')
    // Refused rather than unreachable: the token is stale, or the session is over and `refresh` says so.
    if (!opened.active) retryWithNewToken(opened, Math.min(30_000, 1000 * 2 ** refusals++))
  })
  opened.onAny((name: string, payload: unknown) => {
    if (name !== 'restart') return listener.event(name, payload)
    pause = (payload as { retry_after_ms: number }).retry_after_ms
    opened.io.reconnection(false)
  })
}

/** Closes the live connection for good. */
export function disconnect(): void {
  unwatch()
  socket?.disconnect()
  socket = null
}

/** Whether the live connection stands. */
export function connected(): boolean {
  return socket?.connected ?? false
}

/** Sends an event and waits for its acknowledgement; anything but a yes within ten seconds is thrown as a problem. */
export async function ask<T>(event: string, payload: unknown): Promise<T> {
  if (!socket?.connected) throw Problem.offline()
  let ack: Ack
  try {
    ack = (await socket.timeout(ACK_MS).emitWithAck(event, payload)) as Ack
  } catch {
    throw Problem.offline()
  }
  if (ack.ok) return ack as T
  throw parseProblem(0, JSON.stringify(ack), null)
}

/** Sends an event that may be lost. */
export function tell(event: string, payload: unknown): void {
  if (socket?.connected) socket.volatile.emit(event, payload)
}

// The browser knows that there is a network again before the next attempt is due; a pause that the server asked for stands.
function watchNetwork(opened: Socket): () => void {
  const hurry = () => {
    if (opened.connected || !opened.active || !opened.io.reconnection()) return
    opened.disconnect().connect()
  }
  addEventListener('online', hurry)
  return () => removeEventListener('online', hurry)
}

function comeBack(gone: Socket, pause: number): void {
  setTimeout(() => {
    if (socket !== gone) return
    gone.io.reconnection(true)
    gone.connect()
  }, pause)
}

function retryWithNewToken(refused: Socket, pause: number): void {
  const again = () => comeBack(refused, pause)
  refresh().then(again, (thrown: unknown) => {
    const over = thrown instanceof Problem && (thrown.status === 401 || thrown.status === 403)
    if (!over) again()
  })
}

import { io, type Socket } from 'socket.io-client'
import { Problem, problemOfAck } from '@/api/problem'
import { accessToken, freshToken, refresh } from '@/api/token'
import type { Refused, Requests, ServerEvents } from '@/api/types'

/** The state of the Socket.IO connection. */
export type ConnectionState = 'connecting' | 'online' | 'lost'

/** What a connection needs of its owner. */
interface ConnectionOptions {
  onEvent: (name: string, payload: unknown) => void
  onState: (state: ConnectionState) => void
  /** The cursor from which the server replays the event log; null before there is one. */
  cursor: () => string | null
}

type RequestName = Exclude<keyof Requests, 'CONNECT'>
type Payload<Name extends RequestName> = Requests[Name]['payload']
type Accepted<Name extends RequestName> = Extract<Requests[Name]['answer'], { ok: true }>

const ACK_TIMEOUT_MS = 10_000
let socket: Socket | null = null
let unwatch: () => void = () => undefined

/** Opens the connection and keeps it open until `disconnect`. */
export function connect({ onEvent, onState, cursor }: ConnectionOptions): void {
  disconnect()
  const opened = io({
    path: '/socket.io/',
    transports: ['websocket'],
    reconnectionDelay: 500,
    reconnectionDelayMax: 8000,
    timeout: 8000,
    auth: (send) => {
      const authenticate = (token: string | null) => {
        const since = cursor()
        const payload: Requests['CONNECT']['payload'] = since === null ? { token } : { token, since }
        send(payload)
      }
      // After a failed renewal the server refuses the old token, which `connect_error` handles.
      freshToken().then(authenticate, () => authenticate(accessToken()))
    },
  })
  socket = opened
  unwatch = watchNetwork(opened)
  let refusals = 0
  /** The pause that the server asked for before it restarted, in milliseconds. */
  let restartPause: number | null = null
  onState('connecting')
  opened.on('connect', () => {
    refusals = 0
    onState('online')
  })
  opened.on('disconnect', (reason) => {
    if (socket !== opened || reason === 'io client disconnect') return
    onState('lost')
    // socket.io-client does not reconnect by itself after the server disconnected the namespace.
    if (restartPause !== null || reason === 'io server disconnect') reconnectIn(opened, restartPause ?? 1000)
    restartPause = null
  })
  opened.on('connect_error', () => {
    onState('lost')
    // An inactive socket was refused rather than unreachable: the token is stale, or the session is over.
    if (!opened.active) reconnectWithNewToken(opened, Math.min(30_000, 1000 * 2 ** refusals++))
  })
  opened.onAny((name: string, payload: unknown) => {
    if (name !== 'restart') return onEvent(name, payload)
    restartPause = (payload as ServerEvents['restart']).retry_after_ms
    opened.io.reconnection(false)
  })
}

/** Closes the connection for good. */
export function disconnect(): void {
  unwatch()
  const closed = socket
  socket = null
  // The transport first: the server may be closing it already, and then no DISCONNECT packet can be sent.
  closed?.io.engine.close()
  closed?.disconnect()
}

/**
 * Sends a request and returns its acknowledgement; a refusal is thrown as a `Problem`. Without a connection, or
 * without an acknowledgement within ten seconds, the request is made by `rest`.
 */
export async function request<Name extends RequestName, T>(
  name: Name,
  payload: Payload<Name>,
  rest: () => Promise<T>,
): Promise<Accepted<Name> | T> {
  const ack = await emitWithAck(name, payload)
  if (ack === null) return rest()
  if (ack.ok) return ack
  throw problemOfAck(ack)
}

async function emitWithAck<Name extends RequestName>(
  name: Name,
  payload: Payload<Name>,
): Promise<Accepted<Name> | Refused | null> {
  if (!socket?.connected) return null
  try {
    return (await socket.timeout(ACK_TIMEOUT_MS).emitWithAck(name, payload)) as Accepted<Name> | Refused
  } catch {
    return null
  }
}

/** Sends an event that may be lost, without an acknowledgement. */
export function emitVolatile<Name extends RequestName>(name: Name, payload: Payload<Name>): void {
  if (socket?.connected) socket.volatile.emit(name, payload)
}

// The browser reports a network before the next attempt is due; a pause that the server asked for is kept.
function watchNetwork(opened: Socket): () => void {
  const reconnect = () => {
    if (opened.connected || !opened.active || !opened.io.reconnection()) return
    opened.disconnect().connect()
  }
  addEventListener('online', reconnect)
  return () => removeEventListener('online', reconnect)
}

function reconnectIn(closed: Socket, pause: number): void {
  setTimeout(() => {
    if (socket !== closed) return
    closed.io.reconnection(true)
    closed.connect()
  }, pause)
}

function reconnectWithNewToken(refused: Socket, pause: number): void {
  const reconnect = () => reconnectIn(refused, pause)
  refresh().then(reconnect, (thrown: unknown) => {
    const ended = thrown instanceof Problem && (thrown.status === 401 || thrown.status === 403)
    if (!ended) reconnect()
  })
}

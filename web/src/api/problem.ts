import type { Refused } from './types'

/** A request that the server refused, did not answer (`status` 0), or that could not be sent (-1). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    /** The server's stable code, such as `not_found`. */
    readonly code: string,
    /** The server's sentence, in English. */
    readonly detail: string,
    /** The errors of single fields, by field name. */
    readonly fields: Readonly<Record<string, FieldError>> = {},
    /** The pause that the server asks for, in seconds. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail)
    this.name = 'Problem'
  }

  /** Without an answer: no network, no server, or the answer was cut off. */
  static offline(): Problem {
    return new Problem(0, 'offline', 'No connection')
  }

  /** Of a file that is a folder, or was changed, moved or deleted since it was chosen. */
  static unreadable(): Problem {
    return new Problem(-1, 'unreadable_file', 'The file cannot be read')
  }
}

/** What is wrong with one field: the server's type of error, its sentence, and the limit of a text that is too long. */
export interface FieldError {
  type: string
  msg: string
  max?: number
}

/** Turns anything thrown into a problem. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  return new Problem(-1, 'internal', thrown instanceof Error ? thrown.message : String(thrown))
}

/** Reads the body of a refusing answer, of whatever content. */
export function parseProblem(status: number, body: string, retryAfter: string | null): Problem {
  const seconds = retryAfter === null ? NaN : Number(retryAfter)
  const wait = Number.isFinite(seconds) ? seconds : null
  let json: unknown = null
  try {
    json = JSON.parse(body)
  } catch {
    // A proxy's page, or an empty body.
  }
  return problemFrom(status, json, wait)
}

/** The HTTP status that REST gives to each code of an acknowledgement; 400 to any other. */
const STATUS: Readonly<Record<string, number>> = {
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  validation: 422,
  rate_limited: 429,
  internal: 500,
  busy: 503,
  unavailable: 503,
  outcome_unknown: 503,
  no_space: 507,
}

/** Reads a refusing acknowledgement. */
export function problemOfAck(ack: Refused): Problem {
  const wait = ack.retry_after_ms
  return problemFrom(STATUS[ack.code] ?? 400, ack, wait === undefined ? null : wait / 1000)
}

function problemFrom(status: number, json: unknown, wait: number | null): Problem {
  if (!isRecord(json)) return new Problem(status, `http_${status}`, `HTTP ${status}`, {}, wait)
  const code = typeof json['code'] === 'string' ? json['code'] : `http_${status}`
  const detail = json['detail']
  if (typeof detail === 'string') return new Problem(status, code, detail, {}, wait)
  const fields = Array.isArray(detail) ? fieldsOf(detail) : {}
  const first = Object.values(fields)[0]?.msg ?? `HTTP ${status}`
  return new Problem(status, code, first, fields, wait)
}

function fieldsOf(items: unknown[]): Record<string, FieldError> {
  const fields: Record<string, FieldError> = {}
  for (const item of items) {
    if (!isRecord(item) || !Array.isArray(item['loc'])) continue
    const field = String(item['loc'].at(-1))
    const max = isRecord(item['ctx']) ? item['ctx']['max_length'] : undefined
    fields[field] ??= {
      type: String(item['type']),
      msg: String(item['msg']),
      ...(typeof max === 'number' && { max }),
    }
  }
  return fields
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

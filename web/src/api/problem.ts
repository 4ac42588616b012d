/** A refusal by the server, or its silence (`status` 0), in a form the pages can show. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    /** The server's machine word, such as `friend_request_not_found`. */
    readonly code: string,
    /** What the server says, in English. */
    readonly detail: string,
    /** The faults of single fields, by field name. */
    readonly fields: Readonly<Record<string, FieldFault>> = {},
    /** Seconds to wait, where the server names them. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail)
    this.name = 'Problem'
  }

  /** No answer arrived: no network, no server, or the answer was cut off. */
  static offline(): Problem {
    return new Problem(0, 'offline', 'No connection')
  }
}

/** What is wrong with one field: the kind of fault and the server's sentence. */
export interface FieldFault {
  type: string
  msg: string
}

/** Whatever was thrown, as a problem. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  return new Problem(-1, 'internal', thrown instanceof Error ? thrown.message : String(thrown))
}

/** Reads the body of a refusal; whatever it holds, a problem comes out. */
export function parseProblem(status: number, body: string, retryAfter: string | null): Problem {
  const seconds = retryAfter === null ? NaN : Number(retryAfter)
  const wait = Number.isFinite(seconds) ? seconds : null
  let json: unknown = null
  try {
    json = JSON.parse(body)
  } catch {
    // A proxy's page or nothing at all; the status says enough.
  }
  if (!isRecord(json)) return new Problem(status, `http_${status}`, `HTTP ${status}`, {}, wait)
  const code = typeof json['code'] === 'string' ? json['code'] : `http_${status}`
  const detail = json['detail']
  if (typeof detail === 'string') return new Problem(status, code, detail, {}, wait)
  const fields = Array.isArray(detail) ? fieldsOf(detail) : {}
  const first = Object.values(fields)[0]?.msg ?? `HTTP ${status}`
  return new Problem(status, code, first, fields, wait)
}

function fieldsOf(items: unknown[]): Record<string, FieldFault> {
  const fields: Record<string, FieldFault> = {}
  for (const item of items) {
    if (!isRecord(item) || !Array.isArray(item['loc'])) continue
    const field = String(item['loc'].at(-1))
    fields[field] ??= { type: String(item['type']), msg: String(item['msg']) }
  }
  return fields
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

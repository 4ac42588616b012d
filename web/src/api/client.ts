import { http, type Request } from './http'
import type { Answer, Input, Method, PathOf } from './operations'

/** Sends a request of the OpenAPI document; a refusal is thrown as a `Problem`. */
export function call<M extends Method, P extends PathOf<M>>(
  method: M,
  path: P,
  input: Input<M, P> & Pick<Request, 'anonymous'>,
): Promise<Answer<M, P>> {
  const { path: params = {}, ...request } = input as Request & { path?: Record<string, string | number> }
  const url = Object.entries(params).reduce(
    (filled, [name, value]) => filled.replace(`{${name}}`, encodeURIComponent(value)),
    String(path),
  )
  return http(method, url, request)
}

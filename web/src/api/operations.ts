/** The types of the requests in the server's OpenAPI document, by method and path. */
import type { paths } from './generated/openapi'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** The paths that answer to a method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<Lowercase<M>, object> ? P : never
}[keyof paths]
type Operation<M extends Method, P extends PathOf<M>> = paths[P][Lowercase<M> & keyof paths[P]]

type PathParams<O> = O extends { parameters: { path: infer Params } } ? { path: Params } : { path?: never }
type QueryParams<O> = O extends { parameters: { query?: infer Params } } ? { query?: Params } : unknown
type JsonBody<O> = O extends { requestBody?: { content: { 'application/json': infer Body } } } ? Body : never

/** The body of a request. */
export type Body<M extends Method, P extends PathOf<M>> = JsonBody<Operation<M, P>>

/** The parameters and the body of a request; the body is sent as JSON or as a form. */
export type Input<M extends Method, P extends PathOf<M>> = PathParams<Operation<M, P>> &
  QueryParams<Operation<M, P>> & { body?: Body<M, P>; form?: Body<M, P> }

type Json<O, Status extends number> = O extends {
  responses: Record<Status, { content: { 'application/json': infer Content } }>
}
  ? Content
  : never
type Empty<O> = O extends { responses: { 204: object } } ? null : never

/** The answer to a request; null where it has no content. */
export type Answer<M extends Method, P extends PathOf<M>> =
  Json<Operation<M, P>, 200> | Json<Operation<M, P>, 201> | Empty<Operation<M, P>>

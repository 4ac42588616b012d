import { call } from './client'
import type { ReportState } from './types'

/** The accounts, the last made first; with `q` those that have it in a name or their address, or as their id. */
export const accounts = (q: string, cursor: number | null) =>
  call('GET', '/admin/users', { query: { ...(q && { q }), ...(cursor !== null && { cursor }) } })

/** Suspends an account, which signs it out everywhere. */
export const suspend = (user_id: number) =>
  call('PUT', '/admin/users/{user_id}/suspension', { path: { user_id } })

/** Takes the suspension of an account back. */
export const reinstate = (user_id: number) =>
  call('DELETE', '/admin/users/{user_id}/suspension', { path: { user_id } })

/** The reports, the last made first. */
export const reports = (state: ReportState, cursor: string | null) =>
  call('GET', '/admin/reports', { query: { state, ...(cursor !== null && { cursor }) } })

/** Closes a report or opens it again, with what administrators note of it. */
export const settle = (report_id: string, state: ReportState, admin_note: string) =>
  call('PUT', '/admin/reports/{report_id}', {
    path: { report_id },
    body: { state, ...(admin_note && { admin_note }) },
  })

/** What the server holds, in numbers. */
export const statistics = () => call('GET', '/admin/statistics', {})

/** The entries of the audit log, the newest first. */
export const audit = (cursor: number | null) =>
  call('GET', '/admin/audit', { query: cursor === null ? {} : { cursor } })

/** What scripts/worker.js knows of the built client. */

/** The paths that the client is made of. */
declare const FILES: readonly string[]
/** Names the build; another one has another. */
declare const VERSION: string
/** The texts of notifications, by language and key. */
declare const TEXTS: Readonly<Record<string, Readonly<Record<string, string>>>>

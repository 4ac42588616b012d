const PREFIX = 'chatroom.'

/** Reads a stored value; null if there is none, or storage is forbidden. */
export function load(key: string): unknown {
  try {
    const raw = localStorage.getItem(PREFIX + key)
    return raw === null ? null : (JSON.parse(raw) as unknown)
  } catch {
    return null
  }
}

/** Stores a value; null removes it. A full or forbidden storage is ignored. */
export function save(key: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key)
    else localStorage.setItem(PREFIX + key, JSON.stringify(value))
  } catch {
    // The value is then kept in memory only.
  }
}

/** The keys that begin with a prefix, without the application's own. */
export function keys(prefix: string): string[] {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(PREFIX + prefix))
      .map((key) => key.slice(PREFIX.length))
  } catch {
    return []
  }
}

/** Removes all keys that begin with one of the prefixes. */
export function clear(...prefixes: string[]): void {
  for (const prefix of prefixes) for (const key of keys(prefix)) save(key, null)
}

/** Calls back with the key of each value that another tab stores or removes. */
export function onStored(callback: (key: string) => void): void {
  addEventListener('storage', ({ key }) => {
    if (key?.startsWith(PREFIX)) callback(key.slice(PREFIX.length))
  })
}

/** Keeps values in IndexedDB: those with files in them, and more than the browser's other storage has room for. */
const NAME = 'chatroom'
const STORE = 'kept'
/** How long other tabs may take to close the database before it is removed without waiting for it. */
const REMOVED_MS = 2000

function database(mode: IDBTransactionMode): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, 2)
    opening.onupgradeneeded = ({ oldVersion }) => {
      // Reading makes no database.
      if (oldVersion === 0 && mode === 'readonly') opening.transaction?.abort()
      // The first version kept the outbox alone.
      else if (oldVersion === 1 && opening.transaction) opening.transaction.objectStore('outbox').name = STORE
      else opening.result.createObjectStore(STORE)
    }
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = (event) => {
      // It is handled here, and nothing for the console.
      event.preventDefault()
      reject(new Error('no database'))
    }
  })
}

async function run<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opened = await database(mode)
  // Removing the database waits for nobody.
  opened.onversionchange = () => opened.close()
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = opened.transaction(STORE, mode)
      const request = act(transaction.objectStore(STORE))
      transaction.oncomplete = () => resolve(request.result)
      transaction.onabort = () => reject(new Error('not kept'))
      // Chromium clears its storage, as for `Clear-Site-Data`, without an `abort` of what is going on.
      opened.onclose = () => reject(new Error('not kept'))
      request.onerror = (event) => event.preventDefault()
    })
  } finally {
    opened.close()
  }
}

const all = (prefix: string) => IDBKeyRange.bound(prefix, `${prefix}\uffff`)

/** Keeps a value; false if the browser has no room for it, or keeps nothing. */
export function keep(key: string, value: object): Promise<boolean> {
  return keepAll([[key, value]])
}

/** Keeps values and drops those whose keys begin with one of the prefixes before that, all or nothing. */
export async function keepAll(
  values: readonly (readonly [key: string, value: object])[],
  dropped: readonly string[] = [],
): Promise<boolean> {
  try {
    await run('readwrite', (store) => {
      for (const prefix of dropped) store.delete(all(prefix))
      for (const [key, value] of values) store.put(value, key)
      return store.count()
    })
    return true
  } catch {
    return false
  }
}

/** All values whose keys begin with a prefix; none where the browser keeps nothing. */
export async function kept(prefix: string): Promise<unknown[]> {
  try {
    return await run('readonly', (store) => store.getAll(all(prefix)) as IDBRequest<unknown[]>)
  } catch {
    return []
  }
}

/** Drops the values whose keys begin with a prefix. */
export async function drop(prefix: string): Promise<void> {
  // Where the browser keeps nothing there is none.
  await keepAll([], [prefix])
}

/** Drops everything. */
export function dropAll(): Promise<void> {
  return new Promise((resolve) => {
    const removing = indexedDB.deleteDatabase(NAME)
    removing.onsuccess = removing.onerror = () => resolve()
    setTimeout(resolve, REMOVED_MS)
  })
}

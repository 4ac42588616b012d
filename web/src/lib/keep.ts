/** Keeps values with files in them, which are too large for the browser's other storage, in IndexedDB. */
const STORE = 'outbox'

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('chatroom', 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE)
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = (event) => {
      // It is handled here, and nothing for the console.
      event.preventDefault()
      reject(new Error('no database'))
    }
  })
}

async function run<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opened = await database()
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = opened.transaction(STORE, mode)
      const request = act(transaction.objectStore(STORE))
      transaction.oncomplete = () => resolve(request.result)
      transaction.onabort = () => reject(new Error('not kept'))
      request.onerror = (event) => event.preventDefault()
    })
  } finally {
    opened.close()
  }
}

/** Keeps a value; false if the browser has no room for it, or keeps nothing. */
export async function keep(key: string, value: object): Promise<boolean> {
  try {
    await run('readwrite', (store) => store.put(value, key))
    return true
  } catch {
    return false
  }
}

/** All values whose keys begin with a prefix; none where the browser keeps nothing. */
export async function kept(prefix: string): Promise<unknown[]> {
  try {
    return await run(
      'readonly',
      (store) => store.getAll(IDBKeyRange.bound(prefix, `${prefix}\uffff`)) as IDBRequest<unknown[]>,
    )
  } catch {
    return []
  }
}

/** Drops the values whose keys begin with a prefix. */
export async function drop(prefix: string): Promise<void> {
  try {
    await run('readwrite', (store) => store.delete(IDBKeyRange.bound(prefix, `${prefix}\uffff`)))
  } catch {
    // Then there is none.
  }
}

import type { ToWorker } from './workerMessages'

const SCRIPT = '/sw.js'

/** The part of Trusted Types that is needed here; not every browser has them. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: () => string },
  ): { createScriptURL(url: string): string }
}

/** The browser's service workers; null where it has none, as on plain HTTP in a home network. */
export function serviceWorkers(): ServiceWorkerContainer | null {
  return 'serviceWorker' in navigator ? navigator.serviceWorker : null
}

/** Registers the service worker of the built client, once; null where there can be none. */
export async function registerWorker(): Promise<ServiceWorkerRegistration | null> {
  const workers = serviceWorkers()
  if (!import.meta.env.PROD || !workers) return null
  try {
    return await workers.register(address())
  } catch {
    // The page works without, as long as there is a network.
    return null
  }
}

// The content security policy lets this policy be made once, which yields no other script.
function address(): string {
  const types = (window as { trustedTypes?: TrustedTypes }).trustedTypes
  return types?.createPolicy('chatroom', { createScriptURL: () => SCRIPT }).createScriptURL(SCRIPT) ?? SCRIPT
}

/** Says something to the service worker that is at work, if one is. */
export function tellWorker(message: ToWorker): void {
  void serviceWorkers()
    ?.getRegistration()
    .then((registration) => registration?.active?.postMessage(message))
    .catch(() => undefined)
}

import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { vi } from 'vitest'
import { SOON } from './person'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BINARY =
  process.env['GATEWAY'] ?? resolve(ROOT, process.env['CARGO_TARGET_DIR'] ?? 'target', 'debug/chatroom')

/** A gateway on new data that can be restarted at the same address. */
export class Gateway {
  private process: ChildProcess | null = null
  private readonly data = mkdtempSync(join(tmpdir(), 'chatroom-e2e-'))

  private constructor(
    private readonly port: number,
    private readonly settings: Record<string, string>,
  ) {}

  /** Starts a gateway, with settings besides those of all. */
  static async start(settings: Record<string, string> = {}): Promise<Gateway> {
    const gateway = new Gateway(await freePort(), settings)
    await gateway.start()
    return gateway
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  private get env(): NodeJS.ProcessEnv {
    return {
      PATH: process.env['PATH'],
      HOST: '127.0.0.1',
      PORT: String(this.port),
      DATA_DIR: this.data,
      // All who register here come from one address.
      CHATROOM__AUTH__REGISTRATIONS_PER_HOUR: '1000000',
      ...this.settings,
    }
  }

  /** Runs a command of the program beside it, on the same data. */
  async command(...args: string[]): Promise<void> {
    await promisify(execFile)(BINARY, args, { env: this.env, cwd: ROOT })
  }

  async start(): Promise<void> {
    this.process = spawn(BINARY, ['serve'], { env: this.env, cwd: ROOT, stdio: 'ignore' })
    const ready = async () => {
      const { status } = await fetch(`${this.url}/readyz`)
      if (status !== 200) throw new Error(`the gateway answers ${status}`)
    }
    await vi.waitFor(ready, { ...SOON, interval: 20 })
  }

  /** Stops or kills the process and waits for its end. */
  async stop(how: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const ending = this.process
    this.process = null
    if (!ending) return
    const ended = once(ending, 'exit')
    ending.kill(how)
    await ended
  }

  async clear(): Promise<void> {
    await this.stop('SIGKILL')
    rmSync(this.data, { recursive: true, force: true })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Seat } from '../e2e/driven-swarm.ts'
import type { FlooderReport, FlooderRequest, FlooderSettings } from './flood-messages.ts'

const SCRIPT = fileURLToPath(new URL('./flooder.ts', import.meta.url))

/** The process of the member that floods, from the side of the one that drives it. */
export class Flooder {
  readonly #child: ChildProcess
  /** Rejects when it has gone. */
  readonly #ended: Promise<never>

  /** It takes a member's place; `price` in units is what its bids ask. */
  constructor({ folder, flags }: Seat, price: bigint) {
    const { listen = '', bootstrap = '' } = flags
    const settings: FlooderSettings = {
      folder: folder.root,
      listen,
      bootstrap: bootstrap.split(','),
      price: String(price),
    }
    this.#child = spawn(process.execPath, [SCRIPT, JSON.stringify(settings)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#ended = once(this.#child, 'close').then(() => Promise.reject(new Error('the flooder has ended')))
    this.#ended.catch(() => undefined)
  }

  /** Resolves once it is connected to every witness. */
  async ready(): Promise<void> {
    await this.#heard()
  }

  /** Has it go on like this; resolves with what it has said by then. */
  async ask(request: FlooderRequest): Promise<FlooderReport> {
    const heard = this.#heard()
    this.#child.send(request)
    return heard
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended.catch(() => undefined)
  }

  async #heard(): Promise<FlooderReport> {
    const [report] = (await Promise.race([once(this.#child, 'message'), this.#ended])) as [FlooderReport]
    return report
  }
}

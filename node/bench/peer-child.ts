import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { PeerAnswer, PeerReport, PeerRequest, PeerTask } from './peer-report.ts'

const SCRIPT = new URL('./peer-process.ts', import.meta.url)

/** A peer's process as the benchmark sees it. */
export class PeerChild {
  readonly #child: ChildProcess
  readonly #ready = Promise.withResolvers<readonly string[]>()
  readonly #ended: Promise<void>
  #report: PromiseWithResolvers<PeerReport> | undefined

  /** With `profile` the process writes a CPU profile into that folder when it ends. */
  constructor(task: PeerTask, profile?: string) {
    const execArgv = profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile]
    this.#child = fork(SCRIPT, [JSON.stringify(task)], { serialization: 'advanced', execArgv })
    this.#child.on('message', (message: PeerAnswer) => {
      if (message.type === 'ready') this.#ready.resolve(message.addresses)
      else this.#report?.resolve(message.report)
    })
    this.#ended = this.#end(task.operator)
  }

  /** Multiaddrs to dial it at, once it runs. */
  get addresses(): Promise<readonly string[]> {
    return this.#ready.promise
  }

  report(): Promise<PeerReport> {
    this.#report = Promise.withResolvers<PeerReport>()
    this.#tell({ type: 'report' })
    return this.#report.promise
  }

  resetDurations(): void {
    this.#tell({ type: 'reset-durations' })
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#tell({ type: 'stop' })
    await this.#ended
  }

  async #end(operator: string): Promise<void> {
    const [code, signal] = (await once(this.#child, 'exit')) as unknown[]
    const error = new Error(`the peer ${operator} ended with ${String(code ?? signal)}`)
    this.#ready.reject(error)
    this.#report?.reject(error)
  }

  #tell(request: PeerRequest): void {
    this.#child.send(request)
  }
}

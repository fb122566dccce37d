import type { ChildProcess } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { EXIT } from '../cli/exit-codes.ts'
import { freePorts } from '../swarm/free-port.ts'
import { codeOf, type Run, run, start, untilSaid } from './command.ts'

const ENVIRONMENT = {
  HYPERLOOMS_ACCEPT_TERMS: 'true',
  HYPERLOOMS_WEB: 'false',
  HYPERLOOMS_PROVIDERS: 'reference',
}

/** A machine of its own: a home, a data folder, and commands that find it by themselves. */
export class Machine {
  readonly home: string
  readonly data: string
  /** Where its peer is dialled, once it was started. */
  address = ''
  #peer: ChildProcess | undefined

  constructor(root: string, name: string) {
    this.home = join(root, name)
    this.data = join(this.home, '.hyperlooms')
  }

  run(...args: readonly string[]): Promise<Run> {
    return run(args, { home: this.home, environment: ENVIRONMENT })
  }

  /** A command that succeeds, as a program reads its answer. */
  async json<T>(...args: readonly string[]): Promise<T> {
    return this.#answer(EXIT.ok, args)
  }

  /** One that leaves it to others to go on, as a text that more operators must sign. */
  async later<T>(...args: readonly string[]): Promise<T> {
    return this.#answer(EXIT.notCompleted, args)
  }

  async #answer<T>(wanted: number, args: readonly string[]): Promise<T> {
    const { code, out, err } = await this.run(...args, '--json')
    if (code !== wanted) throw new Error(`${args.join(' ')}: exit code ${code}: ${err}`)
    const answer: T = JSON.parse(out)
    return answer
  }

  /** A command that goes on beside the test, as one in another terminal. */
  begin(...args: readonly string[]): ChildProcess {
    return start(args, { home: this.home, environment: ENVIRONMENT })
  }

  async up(...args: readonly string[]): Promise<void> {
    const [port = 0] = await freePorts([undefined])
    this.address = `/ip4/127.0.0.1/tcp/${port}`
    this.#peer = this.begin('up', '--api-port', '0', '--listen', this.address, ...args)
    await untilSaid(this.#peer, /runs at http/)
  }

  /** Ends its peer, if one runs, as a power failure does; resolves when it has gone. */
  async kill(): Promise<void> {
    if (this.#peer === undefined) return
    this.#peer.kill('SIGKILL')
    await codeOf(this.#peer)
  }

  files(): Promise<readonly string[]> {
    return readdir(this.data).catch(() => [])
  }
}

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Self } from '../../protocol/api/network-schema.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { flagOf, OPTION_NAMES } from '../config/options.ts'
import { poll } from '../swarm/poll.ts'
import type { Seat } from './driven-swarm.ts'

const PROGRAM = fileURLToPath(new URL('../main.ts', import.meta.url))
const ENVIRONMENT = {
  ...process.env,
  NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
  HYPERLOOMS_ACCEPT_TERMS: 'true',
}
/** Processes of a busy machine, and connections that are noticed to be dead by their pings. */
const WAIT_MS = 90_000
const run = promisify(execFile)

/** What `hyperlooms status` says of a peer's network. */
export interface UpStatus {
  readonly addresses: readonly string[]
  readonly connections: readonly { readonly peer: string; readonly address: string }[]
}

/** `hyperlooms up` in a process of its own, perhaps on another machine, asked by `hyperlooms status` there. */
export class UpProcess {
  readonly id: PeerId
  readonly #seat: Seat
  readonly #child: ChildProcess
  readonly #url = Promise.withResolvers<string>()
  readonly #ended = Promise.withResolvers<void>()

  constructor(seat: Seat) {
    this.id = seat.id
    this.#seat = seat
    const flags = OPTION_NAMES.flatMap((name) => {
      const value = seat.flags[name]
      return value === undefined ? [] : [`${flagOf(name)}=${value}`]
    })
    this.#child = this.#spawn(['up', '--data', seat.folder.root, '--no-web', ...flags])
    this.#child.on('message', (message) => {
      if (typeof message === 'object' && 'url' in message) this.#url.resolve(String(message.url))
    })
    this.#child.once('close', () => {
      this.#ended.resolve()
      this.#url.reject(new Error(`the peer ${seat.id} ended`))
    })
    this.#url.promise.catch(() => undefined)
  }

  async status(): Promise<UpStatus> {
    const url = await this.#url.promise
    const [command, ...rest] = [...this.#seat.prefix, process.execPath, PROGRAM]
    const args = [...rest, 'status', '--json', '--api', url]
    const { stdout } = await run(command, args, { env: ENVIRONMENT })
    const { self }: { readonly self: Self } = JSON.parse(stdout)
    const connections = self.connections.map(({ peer_id: peer, address }) => ({ peer, address }))
    return { addresses: self.addresses, connections }
  }

  /** Resolves once the peer is connected to all of these, each at an address with that text in it. */
  async connectedTo(others: Readonly<Record<PeerId, string>>): Promise<UpStatus> {
    let last: UpStatus | undefined
    const found = await poll(
      async () => {
        last = await this.status()
        const { connections } = last
        const isThere = ([peer, text]: [string, string]): boolean =>
          connections.some((each) => each.peer === peer && each.address.includes(text))
        return Object.entries(others).every(isThere) ? last : undefined
      },
      { timeoutMs: WAIT_MS },
    )
    if (found !== undefined) return found
    throw new Error(`${this.id} was never connected to ${JSON.stringify(others)}: ${JSON.stringify(last)}`)
  }

  /** What another command prints of this peer, told over its control socket. Rejects where it fails. */
  async command(...args: readonly string[]): Promise<string> {
    const { root } = this.#seat.folder
    const { stdout } = await run(process.execPath, [PROGRAM, ...args, '--data', root], { env: ENVIRONMENT })
    return stdout
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#ended.promise
  }

  #spawn(args: readonly string[]): ChildProcess {
    const [command, ...rest] = [...this.#seat.prefix, process.execPath, PROGRAM]
    const stderr = process.env['DRIVEN_STDERR'] === undefined ? 'ignore' : 'inherit'
    return spawn(command, [...rest, ...args], {
      stdio: ['ignore', 'ignore', stderr, 'ipc'],
      env: ENVIRONMENT,
    })
  }
}

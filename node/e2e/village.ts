import type { EpochResource } from '../../protocol/api/epoch-schema.ts'
import type { LedgerRoot, NetworkStats, Self } from '../../protocol/api/network-schema.ts'
import type { SwarmMember } from '../../protocol/api/swarm-schema.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { EXIT } from '../cli/exit-codes.ts'
import { poll } from '../swarm/poll.ts'
import { Machine } from './machine.ts'

/** Processes of a busy machine. */
const WAIT_MS = 60_000

/** What `hyperlooms status --json` prints. */
interface Status {
  readonly self: Self
  readonly stats: NetworkStats
  readonly ledger: LedgerRoot
}

/** Machines by their names, each with a home and a process of its own, and a log of what is done on them. */
export class Village {
  readonly root: string
  readonly machines = new Map<string, Machine>()
  readonly #log: (line: string) => void
  readonly #startedMs = performance.now()

  constructor(root: string, log: (line: string) => void) {
    this.root = root
    this.#log = log
  }

  async stop(): Promise<void> {
    await Promise.all([...this.machines.values()].map((machine) => machine.kill()))
  }

  /** Agrees once it has heard of the order, and waits until the epoch has begun. */
  async accept(name: string): Promise<void> {
    const agreed = await poll(() => this.at(name).json('swarm', 'accept'), { timeoutMs: WAIT_MS })
    if (agreed === undefined) throw new Error(`${name} never heard of an order that names it`)
  }

  /** Where a peer asks to try again shortly, it is. */
  async certified(name: string, ...args: readonly string[]): Promise<void> {
    const move = async () => {
      const { code, err } = await this.at(name).run(...args, '--wait', '30')
      return code === EXIT.unavailable ? undefined : { code, err }
    }
    const end = await poll(move, { timeoutMs: WAIT_MS })
    if (end?.code !== EXIT.ok) throw new Error(`${args.join(' ')}: ${end?.err ?? 'not ready'}`)
  }

  async epochs(number: number, names: readonly string[]): Promise<void> {
    const at = async (name: string) => {
      const epoch = await this.at(name).json<EpochResource>('swarm', 'epoch')
      return epoch.number === number && epoch.level ? epoch : undefined
    }
    const found = await Promise.all(names.map((name) => poll(() => at(name), { timeoutMs: WAIT_MS })))
    const [first] = found
    if (first === undefined || found.includes(undefined)) throw new Error(`epoch ${number} never began`)
    this.say(`epoch ${number} on ${names.join(', ')}: witnesses ${labelsOf(first)}`)
  }

  async untilMembers(name: string, holds: (members: readonly SwarmMember[]) => boolean): Promise<void> {
    const look = async () => (holds(await this.members(name)) ? true : undefined)
    if ((await poll(look, { timeoutMs: WAIT_MS })) === undefined)
      throw new Error('the members stay as they are')
  }

  async untilConnected(name: string, id: PeerId): Promise<void> {
    const look = async () => {
      const { self } = await this.status(name)
      return self.connections.some(({ peer_id: peer }) => peer === id) ? true : undefined
    }
    if ((await poll(look, { timeoutMs: WAIT_MS })) === undefined) throw new Error(`${name} never met ${id}`)
  }

  /** Their ledger roots, once they are one. */
  async level(names: readonly string[]): Promise<readonly string[]> {
    const look = async () => {
      const all = await Promise.all(names.map((name) => this.status(name)))
      const roots = all.map(({ ledger }) => ledger.root)
      return new Set(roots).size === 1 ? roots : undefined
    }
    const roots = await poll(look, { timeoutMs: WAIT_MS })
    if (roots === undefined) throw new Error('the roots never became equal')
    return roots
  }

  async members(name: string): Promise<readonly SwarmMember[]> {
    return (await this.at(name).json<{ members: SwarmMember[] }>('swarm', 'members')).members
  }

  async id(name: string): Promise<string> {
    return (await this.status(name)).self.peer_id
  }

  status(name: string): Promise<Status> {
    return this.at(name).json<Status>('status')
  }

  at(name: string): Machine {
    const known = this.machines.get(name)
    if (known !== undefined) return known
    const machine = new Machine(this.root, name)
    this.machines.set(name, machine)
    return machine
  }

  async step<T>(what: string, act: () => Promise<T>): Promise<T> {
    const startedMs = performance.now()
    const result = await act()
    this.say(`${what} (${((performance.now() - startedMs) / 1_000).toFixed(1)} s)`)
    return result
  }

  say(text: string): void {
    const seconds = ((performance.now() - this.#startedMs) / 1_000).toFixed(1)
    this.#log(`${seconds.padStart(6)} s  ${text}`)
  }
}

export function labelsOf({ witnesses }: EpochResource): string {
  return witnesses.map(({ label }) => label).join(', ')
}

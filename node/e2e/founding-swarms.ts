import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Charter, swarmIdOf } from '../../protocol/swarm/charter.ts'
import { readCharter, writeCharter } from '../config/charter-file.ts'
import { enterSwarm } from '../swarm/enter-swarm.ts'
import type { DrivenProcess } from './driven-process.ts'
import { planSeats, type Seat, startSeat, untilLevel } from './driven-swarm.ts'
import { emptySeat, type Inviting, invitationOf, signerOf } from './inviting.ts'

/** Credits that come with each invitation. */
export const GRANT = 5_000_000n
/** Never aborted. */
export const { signal } = new AbortController()

export interface Founded extends Inviting {
  readonly seats: readonly Seat[]
  readonly peers: readonly DrivenProcess[]
}

export const isMember = (id: string) => (look: { readonly accounts: object }) =>
  Object.hasOwn(look.accounts, id)

/** Swarms that a test founds in a folder of its own, and the processes of their peers. */
export class Founding {
  readonly root: string
  readonly #running: DrivenProcess[] = []

  constructor(root: string) {
    this.root = root
  }

  static async open(): Promise<Founding> {
    return new Founding(await mkdtemp(join(tmpdir(), 'hyperlooms-members-')))
  }

  async close(): Promise<void> {
    await Promise.all(this.#running.map((peer) => peer.stop('SIGKILL')))
    await rm(this.root, { recursive: true, force: true })
  }

  start(seat: Seat): DrivenProcess {
    const peer = startSeat(seat)
    this.#running.push(peer)
    return peer
  }

  /** A swarm of so many founders, all of them witnesses; the first operates it. */
  async found(count: number, change: Partial<Charter> = {}): Promise<Founded> {
    const seats = await planSeats(this.root, { count })
    await amend(seats, change)
    const [first] = seats as [Seat]
    const peers = seats.map((seat) => this.start(seat))
    await Promise.all(peers.map((peer) => peer.ready))
    await untilLevel(peers, 1)
    const charter = await readCharter(first.folder)
    if (charter === undefined) throw new Error('a founded swarm has a charter')
    const addresses = seats.map(({ flags, id }) => `${flags.listen}/p2p/${id}`)
    return { seats, peers, swarm: swarmIdOf(charter), operator: await signerOf(first), addresses }
  }

  /** A newcomer that joined and runs. */
  async joined(founded: Founded, name: string): Promise<readonly [Seat, DrivenProcess]> {
    const seat = await emptySeat(this.root, name)
    const { text } = invitationOf(founded, { operator: name, grant: GRANT })
    await enterSwarm({ folder: seat.folder, invitation: text, signal })
    const peer = this.start(seat)
    await peer.ready
    return [seat, peer]
  }
}

async function amend(seats: readonly Seat[], change: Partial<Charter>): Promise<void> {
  const [first] = seats as [Seat]
  const charter = await readCharter(first.folder)
  if (charter === undefined) throw new Error('a planned swarm has a charter')
  await Promise.all(seats.map(({ folder }) => writeCharter(folder, { ...charter, ...change })))
}

import type { SignatureCheck } from '../protocol/crypto/verifier.ts'
import type { Digest, PeerId } from '../protocol/ids.ts'
import type { Offer } from '../protocol/jobs/offer.ts'
import type { CommandResult } from '../protocol/peer/command.ts'
import type { Event } from '../protocol/peer/event.ts'
import type { Peer } from '../protocol/peer/options.ts'
import type { PeerView } from '../protocol/peer/view.ts'
import type { BlobServer, BlobStore } from './blobs.ts'
import type { Clock } from './clock.ts'
import type { Disk } from './disk.ts'
import type { HostFaults } from './faults.ts'
import type { Judge } from './judge.ts'
import { createLife, type Life } from './life.ts'
import type { Endpoint, Network } from './network.ts'
import type { Observe } from './observation.ts'
import type { Random } from './random.ts'
import type { Runner } from './runner.ts'
import type { Scheduler } from './scheduler.ts'

/** Everything that a virtual peer has of the world; nothing else reaches it. */
export interface BodyOptions {
  readonly self: PeerId
  readonly createMind: () => Peer
  readonly offers: readonly Offer[]
  readonly scheduler: Scheduler
  readonly clock: Clock
  readonly random: Random
  readonly disk: Disk
  readonly blobs: BlobStore
  readonly runner: Runner
  readonly network: Network
  readonly judge: Judge
  readonly verify: (check: SignatureCheck) => boolean
  readonly serverOf: (peer: PeerId) => BlobServer | undefined
  readonly faults: () => HostFaults
  readonly respond: (command: number, result: CommandResult) => void
  readonly observe: Observe
}

/** A peer's machine: its disk and bodies outlive its processes, of which at most one lives. */
export interface Body extends Endpoint, BlobServer {
  readonly running: boolean
  /** The living mind's view. */
  readonly view: PeerView | undefined
  start(): void
  crash(): void
  handle(event: Event): void
}

// One card's worth; candidates are never filtered by memory in these worlds.
const VRAM_MB = 24_000
const RUN_SLOTS = 4

export function createBody(options: BodyOptions): Body {
  const { self, disk, observe } = options
  let life: Life | undefined
  let boot = 0

  const handle = (event: Event) => life?.handle(event)

  return {
    get running() {
      return life !== undefined
    },
    get view() {
      return life?.mind.view
    },
    start() {
      if (life !== undefined) throw new Error('a machine runs one process of a peer')
      boot += 1
      observe({ type: 'started', peer: self, boot })
      const mind = options.createMind()
      for (const record of disk.hotRecords()) mind.restore(record)
      life = createLife(options, mind)
      handle({ type: 'start', boot, addresses: [], version: 'simulation' })
      const capabilities = { offers: options.offers, vramTotalMb: VRAM_MB, slots: RUN_SLOTS }
      handle({ type: 'capabilities', capabilities })
    },
    crash() {
      if (life === undefined) return
      life.end()
      life = undefined
      disk.crash()
      observe({ type: 'crashed', peer: self })
    },
    handle,
    connected: (peer) => handle({ type: 'connected', peer }),
    disconnected: (peer) => handle({ type: 'disconnected', peer }),
    receive: (frame, source) => life?.receive(frame, source),
    serve: (to: PeerId, digest: Digest) => life?.serve(to, digest),
  }
}

import type { SignatureCheck } from '../protocol/crypto/verifier.ts'
import type { PeerId } from '../protocol/ids.ts'
import type { Offer } from '../protocol/jobs/offer.ts'
import type { CommandResult } from '../protocol/peer/command.ts'
import type { EpochResult } from '../protocol/peer/epoch-command.ts'
import type { Peer } from '../protocol/peer/options.ts'
import type { BlobServer, BlobStore } from './blobs.ts'
import type { Clock } from './clock.ts'
import type { Disk } from './disk.ts'
import type { HostFaults } from './faults.ts'
import type { Judge } from './judge.ts'
import type { Network } from './network.ts'
import type { Observe } from './observation.ts'
import type { Random } from './random.ts'
import type { Runner } from './runner.ts'
import type { Scheduler } from './scheduler.ts'

/**
 * Moments at which a crash is worth most: right before and after a batch is written, right after it is synced
 * and before anything leaves on its strength, and between two of the things that leave.
 */
export type PowerPoint = 'before-write' | 'after-write' | 'after-sync' | 'after-send'

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
  /** Whether the power fails at this very point. */
  readonly fails: (point: PowerPoint) => boolean
  readonly respond: (command: number, result: CommandResult) => void
  readonly respondEpoch: (command: number, result: EpochResult) => void
  readonly observe: Observe
}

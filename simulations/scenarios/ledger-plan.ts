import type { Faults } from '../faults.ts'
import type { CharterParams } from '../founding.ts'
import type { PeerPlan } from '../peer-plan.ts'
import type { ChangePlan } from './draw-changes.ts'

/** One run's own mix of members, liars, faults and work (swarm testing). */
export interface LedgerPlan {
  readonly peers: readonly [PeerPlan, ...PeerPlan[]]
  readonly charter: CharterParams
  readonly faults: Faults
  /** How long things go wrong, in virtual milliseconds. */
  readonly troubleMs: number
  /** For how much longer links and hosts stay as bad as they are, while nobody crashes and nothing is asked for. */
  readonly lastingMs: number
  readonly commands: number
  readonly jobs: number
  /** Who pays for all of them, by its place; otherwise anybody does. */
  readonly payer?: number
  /** Crashes that hit a point around a write or a send; each peer's next one is this many points away at most. */
  readonly pointsMax: number | undefined
  /** Crashes at any time. */
  readonly crashes: number
  readonly downMsMax: number
  readonly clockJumpMs: number
  readonly partitions: readonly PartitionKind[]
  /** A correct witness that stays down until the others have converged without it. */
  readonly leavesOneOut: boolean
  /** Epochs that are ordered one after the other. */
  readonly changes: readonly ChangePlan[]
  /** Peers by their places that are away from some time until everybody comes back; from 0 on: newcomers. */
  readonly away: readonly Away[]
}

export interface Away {
  readonly place: number
  readonly fromMs: number
}

/** `cut`: connections close. `silent`: frames vanish. `one-way`: frames of one side vanish. */
export type PartitionKind = 'cut' | 'silent' | 'one-way'

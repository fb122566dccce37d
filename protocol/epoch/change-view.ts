import type { PeerId } from '../ids.ts'
import type { EpochOrder } from './value.ts'

/** How far a change of epoch has come, as this peer knows; `order` is undefined while none is under way. */
export interface ChangeView {
  readonly order: EpochOrder | undefined
  /** Since when this witness votes for nothing else; undefined while it does. */
  readonly stoppedMs: number | undefined
  /** Whose accepts the order lacks. */
  readonly missing: readonly PeerId[]
  /** Witnesses whose reports this peer holds as a proposer. */
  readonly reported: readonly PeerId[]
  /** The highest round that this witness has promised or prepared in. */
  readonly round: number
  /** False until this peer has all that the last epoch ended with: it doesn't vote before. */
  readonly isLevel: boolean
  /**
   * Accounts, jobs and forks of which this peer holds what nobody else does: it was shown what the keys of a closed epoch
   * signed when they were stolen, or what came too late. It is never level so, and begins its ledger anew when it
   * is started next.
   */
  readonly astray: readonly string[]
}

/** What a peer shows that has heard of no order. */
export const NO_CHANGE: ChangeView = {
  order: undefined,
  stoppedMs: undefined,
  missing: [],
  reported: [],
  round: 0,
  isLevel: true,
  astray: [],
}

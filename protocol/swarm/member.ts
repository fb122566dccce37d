import type { PeerId } from '../ids.ts'

export interface Member {
  readonly peer: PeerId
  /** The union over the peer's joins. */
  readonly roles: readonly string[]
  /** The label that one-vote-each goes by (see `Labels` for a peer with several). */
  readonly operator: string
  /** All labels that are one with it, in ascending order. */
  readonly labels: readonly string[]
  /** It came in by itself: nobody has vouched for its label. */
  readonly isUninvited: boolean
}

/** One certified `join`. */
export interface Joined {
  readonly peer: PeerId
  readonly token: PeerId
  readonly roles: readonly string[]
  readonly operator: string
  readonly isUninvited: boolean
}

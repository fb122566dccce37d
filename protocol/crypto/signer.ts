import type { PeerId } from '../ids.ts'

/**
 * The key of one peer or wallet. The daemon and the simulator sign within `handle`. Ed25519 is deterministic, so a replay signs the same bytes.
 */
export interface Signer {
  readonly id: PeerId
  sign(message: Uint8Array): Uint8Array
}

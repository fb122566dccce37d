import type { Digest } from '../../protocol/ids.ts'
import type { Signer } from '../../protocol/crypto/signer.ts'

/** Keys and randomness that routes of the swarm need. */
export interface SwarmPort {
  /** Keys of this machine that may be an operator's, the peer's own first. */
  readonly signers: readonly [Signer, ...Signer[]]
  /**
   * The secret of an invitation that this peer begins with a salt: the same for the same salt, and known to nobody
   * else, so that a partial invitation can travel without it.
   */
  secretOf(salt: Uint8Array): Uint8Array
  signerOf(seed: Uint8Array): Signer
  random(bytes: number): Uint8Array
  /** Rules for judging answers that this program brings. */
  readonly rules: Digest
}

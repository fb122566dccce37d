import type { PeerId } from '../ids.ts'

/**
 * The key of one peer or wallet. The daemon and the simulator sign within `handle`; a browser, whose key may
 * be non-extractable, uses `AsyncSigner`. Ed25519 is deterministic, so a replay signs the same bytes.
 */
export interface Signer {
  readonly id: PeerId
  sign(message: Uint8Array): Uint8Array
}

export interface AsyncSigner {
  readonly id: PeerId
  sign(message: Uint8Array): Promise<Uint8Array>
}

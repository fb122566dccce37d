import type { PeerId } from '../ids.ts'

/** One signature to be checked: `sig` (64 bytes) by `signer`'s key over `message`. */
export interface SignatureCheck {
  readonly signer: PeerId
  readonly message: Uint8Array
  readonly sig: Uint8Array
}

/**
 * Port for verification. An adapter may be native, batched, off the main thread or cached, but accepts
 * exactly the signatures that `strict-ed25519` accepts; both are held against the same vectors.
 */
export interface Verifier {
  /** One answer for each check, in order. Never throws for foreign bytes. */
  verify(checks: readonly SignatureCheck[]): Promise<readonly boolean[]>
}

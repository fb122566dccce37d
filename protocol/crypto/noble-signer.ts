import { peerIdOf } from '../ids.ts'
import type { Signer } from './signer.ts'
import { publicKeyOfSeed, signWithSeed } from './strict-ed25519.ts'

/**
 * The portable signer, for simulations and tests: slower than the daemon's native one, with the same bytes.
 */
export function createNobleSigner(seed: Uint8Array): Signer {
  const ownSeed = Uint8Array.from(seed)
  return {
    id: peerIdOf(publicKeyOfSeed(ownSeed)),
    sign: (message) => signWithSeed(ownSeed, message),
  }
}

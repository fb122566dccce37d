import { hkdfSync, randomBytes } from 'node:crypto'
import type { SwarmPort } from '../api/swarm-port.ts'
import { createNativeSigner } from '../crypto/native-signer.ts'

const SECRET_BYTES = 32

/**
 * Keys and randomness of a running peer. Secrets of invitations come out of its own seed by HKDF: they need no file,
 * a backup of the identity holds them, and whoever knows the salt alone learns nothing.
 */
export function createSwarmKeys(seed: Uint8Array, signers: SwarmPort['signers']): Omit<SwarmPort, 'rules'> {
  return {
    signers,
    secretOf: (salt) =>
      new Uint8Array(hkdfSync('sha256', seed, salt, 'hyperlooms/1/invitation-secret', SECRET_BYTES)),
    signerOf: (own) => createNativeSigner(own),
    random: (bytes) => new Uint8Array(randomBytes(bytes)),
  }
}

import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import type { Signer } from '../../protocol/crypto/signer.ts'
import { peerIdOf } from '../../protocol/ids.ts'

const PUBLIC_KEY_BYTES = 32
// PKCS #8 of an Ed25519 key up to its 32-byte seed (RFC 8410).
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The daemon's signer: OpenSSL through node:crypto. `seed` has 32 bytes; another length throws at once. */
export function createNativeSigner(seed: Uint8Array): Signer {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-PUBLIC_KEY_BYTES)
  return {
    id: peerIdOf(publicKey),
    // A copy without Buffer's methods and pool: the mind keeps these bytes.
    sign: (message) => Uint8Array.from(sign(null, message, key)),
  }
}

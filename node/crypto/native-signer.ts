import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import type { Signer } from '../../protocol/crypto/signer.ts'
import type { SignatureCheck } from '../../protocol/crypto/verifier.ts'
import { peerIdOf } from '../../protocol/ids.ts'

const PUBLIC_KEY_BYTES = 32
// PKCS #8 of an Ed25519 key up to its 32-byte seed (RFC 8410).
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * The daemon's signer: OpenSSL through node:crypto. `seed` has 32 bytes; another length throws at once. `signed` is
 * told of each signature, so that a verifier needn't check what comes back within somebody's certificate.
 */
export function createNativeSigner(
  seed: Uint8Array,
  signed: (signature: SignatureCheck) => void = () => undefined,
): Signer {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-PUBLIC_KEY_BYTES)
  const id = peerIdOf(publicKey)
  return {
    id,
    sign(message) {
      // A copy without Buffer's methods and pool: the mind keeps these bytes.
      const sig = Uint8Array.from(sign(null, message, key))
      signed({ signer: id, message, sig })
      return sig
    },
  }
}

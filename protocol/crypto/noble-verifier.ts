import { publicKeyOf } from '../ids.ts'
import { verifyStrict } from './strict-ed25519.ts'
import type { SignatureCheck, Verifier } from './verifier.ts'

/** The portable verifier, for browsers, simulations and as the reference of the native one. No state. */
export function createNobleVerifier(): Verifier {
  return {
    verify: async (checks) => checks.map(isValid),
  }
}

function isValid({ signer, message, sig }: SignatureCheck): boolean {
  const publicKey = publicKeyOf(signer)
  return publicKey !== undefined && verifyStrict(publicKey, message, sig)
}

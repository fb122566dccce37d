import { hash } from 'node:crypto'
import { createNobleSigner } from '../protocol/crypto/noble-signer.ts'
import type { Signer } from '../protocol/crypto/signer.ts'
import { verifyStrict } from '../protocol/crypto/strict-ed25519.ts'
import type { SignatureCheck } from '../protocol/crypto/verifier.ts'
import { type PeerId, peerIdOf, publicKeyOf } from '../protocol/ids.ts'
import type { Random } from './random.ts'

/** Signatures of one world. Who holds no `Signer` of a key can't sign for it. */
export interface Crypto {
  signer(random: Random): Signer
  verify(check: SignatureCheck): boolean
}

export type CryptoName = 'keyed-hash' | 'ed25519'

export function createCrypto(name: CryptoName): Crypto {
  return name === 'ed25519' ? createEd25519() : createKeyedHash()
}

const SEED_BYTES = 32
const SIGNATURE_BYTES = 64

/**
 * The stand-in: a signature is a hash keyed by the signer's secret, and one is valid if its signer made it for
 * that message in this world, which the world remembers. Inside it is as unforgeable as Ed25519 and a hundred
 * times cheaper; outside it is worthless.
 */
function createKeyedHash(): Crypto {
  const signed = new Map<string, { readonly signer: PeerId; readonly message: Uint8Array }>()
  return {
    signer(random) {
      const secret = random.bytes(SEED_BYTES)
      const id = peerIdOf(new Uint8Array(hash('sha256', secret, 'buffer')))
      return {
        id,
        sign(message) {
          const sig = new Uint8Array(hash('sha512', Buffer.concat([secret, message]), 'buffer'))
          signed.set(nameOf(sig), { signer: id, message })
          return sig
        },
      }
    },
    verify({ signer, message, sig }) {
      const made = signed.get(nameOf(sig))
      return made !== undefined && made.signer === signer && Buffer.compare(made.message, message) === 0
    },
  }
}

function nameOf(sig: Uint8Array): string {
  return Buffer.from(sig.buffer, sig.byteOffset, sig.byteLength).toString('latin1')
}

// Every frame is checked by each of up to seven peers, within moments: what is older needn't be remembered.
const REMEMBERED_ANSWERS = 20_000

/** The real thing. Whether a signature holds is a pure function of it, so peers may share the answers. */
function createEd25519(): Crypto {
  const answers = new Map<string, boolean>()
  return {
    signer: (random) => createNobleSigner(random.bytes(SEED_BYTES)),
    verify(check) {
      const name = `${check.signer} ${hash('sha256', Buffer.concat([check.sig, check.message]))}`
      const known = answers.get(name)
      if (known !== undefined) return known
      if (answers.size >= REMEMBERED_ANSWERS) answers.clear()
      const answer = isValid(check)
      answers.set(name, answer)
      return answer
    },
  }
}

function isValid({ signer, message, sig }: SignatureCheck): boolean {
  const publicKey = publicKeyOf(signer)
  return publicKey !== undefined && sig.length === SIGNATURE_BYTES && verifyStrict(publicKey, message, sig)
}

import { hash } from 'node:crypto'
import type { SignatureCheck, Verifier } from '../../protocol/crypto/verifier.ts'
import { createBoundedCache } from './bounded-cache.ts'
import { createSignatureCheck, SIGNATURE_BYTES } from './signature-check.ts'
import type { VerifierThreads } from './verifier-threads.ts'

export interface NativeVerifierOptions {
  /** Maximum of each of the two caches: key objects by signer, and checks found valid. */
  readonly cacheEntriesMax: number
  /** Where large batches go, so that they neither hold up this thread nor use one core alone. */
  readonly threads?: Pick<VerifierThreads, 'verify'>
}

export interface NativeVerifier extends Verifier {
  /** Takes a signature that this process made itself for a valid one. */
  remember(own: SignatureCheck): void
}

/** Every Ed25519 key's. */
const PEER_ID_CHARACTERS = 52
/** Below, going to a thread and back costs more than it frees: a certificate's three or four are checked here. */
const BATCH_MIN = 12

/**
 * The daemon's verifier: OpenSSL through node:crypto. Only checks that were valid are remembered: rejected ones
 * cost their sender's quota each time and can't push valid ones out.
 */
export function createNativeVerifier({ cacheEntriesMax, threads }: NativeVerifierOptions): NativeVerifier {
  const isValid = createSignatureCheck(cacheEntriesMax)
  const valid = createBoundedCache<true>(cacheEntriesMax)

  async function decide(checks: readonly SignatureCheck[]): Promise<readonly boolean[]> {
    if (threads === undefined || checks.length < BATCH_MIN) return checks.map(isValid)
    try {
      return await threads.verify(checks)
    } catch {
      // A thread that died decided nothing; this one always can.
      return checks.map(isValid)
    }
  }

  return {
    async verify(checks) {
      const names = checks.map(nameOf)
      const open = checks.flatMap((check, at) => {
        const name = names[at]
        return name === undefined || valid.get(name) !== undefined ? [] : [{ check, name }]
      })
      const right = new Set(names)
      right.delete(undefined)
      const answers = open.length === 0 ? [] : await decide(open.map(({ check }) => check))
      open.forEach(({ name }, at) => (answers[at] === true ? valid.set(name, true) : right.delete(name)))
      return names.map((name) => right.has(name))
    },
    remember(own) {
      const name = nameOf(own)
      if (name !== undefined) valid.set(name, true)
    },
  }
}

/**
 * Two checks share a name only if they are equal: signer and signature have fixed lengths, the message is last.
 * Undefined for other lengths, with which no check is valid.
 */
function nameOf({ signer, message, sig }: SignatureCheck): string | undefined {
  if (signer.length !== PEER_ID_CHARACTERS || sig.length !== SIGNATURE_BYTES) return undefined
  return hash('sha256', Buffer.concat([Buffer.from(signer), sig, message]), 'base64')
}

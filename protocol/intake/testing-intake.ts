import { verifyStrict } from '../crypto/strict-ed25519.ts'
import { mintVerified } from '../crypto/verified.ts'
import type { SignatureCheck } from '../crypto/verifier.ts'
import { KINDS } from '../encoding/kinds.ts'
import { publicKeyOf } from '../ids.ts'
import type { DropCode } from './drop-code.ts'
import { inspect, type Inspected } from './inspect.ts'
import type { IntakeQuota } from './quota.ts'
import { frameOf, type Sample } from './sample-messages.ts'
import { ROSTER } from './sample-values.ts'

/** A sender's budget has tests of its own; here it must never be what drops a frame. */
export const UNLIMITED: IntakeQuota = {
  mayDecode: () => true,
  waste: () => undefined,
  asked: () => undefined,
  askedPiece: () => undefined,
  open: () => true,
  mayForward: () => true,
  charge: () => true,
}
const CHECKS = { roster: ROSTER, quota: UNLIMITED }

/** What intake's first step says to a sample, or to it with something changed, from its own signer. */
export function inspected(sample: Sample, change: Parameters<typeof frameOf>[1] = {}): Inspected {
  const kind = change.kind ?? sample.kind
  const { via } = KINDS[kind]
  return inspect(frameOf(sample, change), { from: sample.signer.id, via }, CHECKS)
}

export function isSigned({ signer, message, sig }: SignatureCheck): boolean {
  const key = publicKeyOf(signer)
  return key !== undefined && verifyStrict(key, message, sig)
}

/** What becomes of a frame in both steps of intake: read and believed, or why not. */
export function verdictOn(result: Inspected): DropCode | 'believed' {
  if (!result.ok) return result.code
  const { candidate } = result
  const isBelieved = mintVerified(candidate, candidate.checks.map(isSigned)) !== undefined
  return isBelieved ? 'believed' : 'bad_signature'
}

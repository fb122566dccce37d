import { digest, type Infer, list, nullable, oneOf, peerId, struct, uint } from '../encoding/codec.ts'
import { LIMITS } from '../params.ts'

/**
 * Why somebody wasn't paid, a slot went to somebody else, or the payer got its credits back:
 *
 * - `noshow`: assigned, and too few witnesses ever saw it at work;
 * - `timeout`: seen at work, and too few witnesses had its commit when they sealed;
 * - `unrevealed`: its commit counts, and it never showed the answer;
 * - `fault`: it signed two different commits;
 * - `outvoted`: its answer differs from the output;
 * - `unassigned`: too few could be elected in time; `expired`: no decision came in time; `cancelled`: the payer's word.
 */
export const BLAME_CAUSES = [
  'noshow',
  'timeout',
  'unrevealed',
  'fault',
  'outvoted',
  'unassigned',
  'expired',
  'cancelled',
] as const

/** What came of it: somebody else filled the slot, or was asked; it isn't paid; what is left went back to the payer. */
export const BLAME_LEADS = ['reassigned', 'unpaid', 'refunded'] as const
export const EVIDENCE_KINDS = ['seal', 'commit', 'reveal', 'cancel', 'decision'] as const

/** Every witness's seal, and a runner's two commits. */
export const EVIDENCE_MAX = LIMITS.witnesses + 2

export const blameCodec = struct({
  /** Step whose decision says so. */
  step: uint(LIMITS.steps),
  slot: nullable(uint(LIMITS.slots)),
  peer: nullable(peerId),
  cause: oneOf(...BLAME_CAUSES),
  led: oneOf(...BLAME_LEADS),
  /** Signed things within the decided value that show it, by their digests, and who signed them. */
  evidence: list(struct({ kind: oneOf(...EVIDENCE_KINDS), signer: nullable(peerId), digest: digest() }), {
    max: EVIDENCE_MAX,
  }),
})
export type Blame = Infer<typeof blameCodec>

/** Most for one job: each slot's holders, and the job's own end. */
export const BLAME_MAX = 96

import {
  amount,
  type Infer,
  list,
  nullable,
  oneOf,
  peerId,
  struct,
  text,
  uint,
  type ValueOf,
} from '../encoding/codec.ts'
import { LIMITS, PPM } from '../params.ts'
import { signedBeacon, signedBid, signedCancel, signedReveal, signedSeal, signedStored } from './messages.ts'
import { blobRef } from './spec.ts'

const slot = uint(LIMITS.slots - 1)
const label = text({ min: 1, max: LIMITS.labelBytes })
const span = struct({ start: uint(LIMITS.answerBytes), end: uint(LIMITS.answerBytes) })

/** Why an answer differs from the medoid, as spans of UTF-16 units in both. */
const findingCodec = struct({
  kind: oneOf('number', 'negation', 'refusal', 'structure', 'content', 'unrelated', 'empty'),
  own: span,
  other: span,
})

/**
 * What the close says of one slot: who filled it, as which rank (0: the peer assigned to it, i: its i-th standby); a silent
 * slot names the peer assigned. `paid` is 0 for an outvoted or silent one. */
export const replicaCodec = struct({
  slot,
  peer: peerId,
  rank: uint(LIMITS.standbys),
  payout: peerId,
  price: amount(),
  answer: nullable(blobRef),
  cluster: nullable(uint(LIMITS.slots)),
  outcome: oneOf('agreed', 'outvoted', 'unsure', 'silent'),
  cosine: uint(PPM),
  findings: list(findingCodec, { max: LIMITS.findings }),
  paid: amount(),
})
export type ReplicaResult = Infer<typeof replicaCodec>

/** The verdict over all revealed answers and what follows from it in money; recomputed by every judge. */
export const resultCodec = struct({
  agreement: oneOf('unanimous', 'majority', 'none', 'split', 'single', 'silent'),
  winner: nullable(slot),
  confidence: uint(PPM),
  replicas: list(replicaCodec, { max: LIMITS.slots }),
  refund: amount(),
  fee: amount(),
})
export type JobResult = Infer<typeof resultCodec>

/** One elected peer; slots are numbered through all attempts of a job. */
export const slotCodec = struct({ slot, peer: peerId })
export type SlotAssignment = Infer<typeof slotCodec>

/**
 * The epoch whose witnesses seal every attempt of a job, so far as they still witness: the one that assigned it first.
 * It is in each value, so that whoever applies one counts alike, whichever epoch's quorum decided it.
 */
const epoch = uint()

const evidence = {
  epoch,
  seals: list(signedSeal, { min: 1, max: LIMITS.witnesses }),
  reveals: list(signedReveal, { max: LIMITS.slots }),
} as const

/**
 * What a job's agreements decide: step 0 `assign` or `void`, later steps `close`, `again` (a further attempt
 * by standbys) or `void`. `close` and `void` are terminal.
 */
export const jobValues = {
  assign: struct({
    epoch,
    bids: list(signedBid, { min: 1, max: LIMITS.bids }),
    /**
     * Operator labels of the bidders, in the order of the bids, and of the payer; null for no member. What counts
     * later goes by them and not by a roster that has changed meanwhile.
     */
    operators: list(nullable(label), { min: 1, max: LIMITS.bids }),
    payer: nullable(label),
    beacon: signedBeacon,
    slots: list(slotCodec, { min: 1, max: LIMITS.replicas }),
    standbys: list(peerId, { max: LIMITS.standbys }),
    receipts: list(signedStored, { max: LIMITS.receipts }),
  }),
  /** `cancel`: the payer's word, because of which there is no further attempt, and no runner was slow. */
  close: struct({ ...evidence, result: resultCodec, cancel: nullable(signedCancel) }),
  again: struct({
    ...evidence,
    result: resultCodec,
    slots: list(slotCodec, { min: 1, max: LIMITS.standbys }),
    /** Who may take these slots over: bidders that have had no slot yet. */
    standbys: list(peerId, { max: LIMITS.standbys }),
  }),
  /** Full refund; `cancel` with the reason `cancelled`, and only then. */
  void: struct({ reason: oneOf('unassigned', 'expired', 'cancelled'), cancel: nullable(signedCancel) }),
} as const
export type JobValue = ValueOf<typeof jobValues>

/** Whether a decided value is one of a job's. */
export function isJobValue(value: { readonly type: string }): value is JobValue {
  return Object.hasOwn(jobValues, value.type)
}
export type AssignValue = Extract<JobValue, { type: 'assign' }>
export type CloseValue = Extract<JobValue, { type: 'close' }>
export type AgainValue = Extract<JobValue, { type: 'again' }>

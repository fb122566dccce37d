import { amount, digest, type Infer, list, nullable, peerId, struct, text, uint } from '../encoding/codec.ts'
import type { PeerId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import { signedBid, signedCancel, signedCommit, signedReveal, signedSeal } from './messages.ts'
import type { OpenJob } from './open-job.ts'
import { jobRecordCodec } from './record.ts'
import { replicaCodec } from './value.ts'

const attemptCodec = struct({
  step: uint(LIMITS.steps),
  epoch: uint(),
  slots: list(struct({ slot: uint(LIMITS.slots), peer: peerId, price: amount(), payout: peerId }), {
    max: LIMITS.slots,
  }),
  standbys: list(peerId, { max: LIMITS.standbys }),
  assignedMs: uint(),
  commits: list(signedCommit, { max: LIMITS.slots }),
  seals: list(signedSeal, { max: LIMITS.witnesses }),
  sealedMs: nullable(uint()),
  reveals: list(signedReveal, { max: LIMITS.slots }),
  bodies: list(digest(), { max: LIMITS.slots }),
})

const payeeCodec = struct({
  peer: peerId,
  price: amount(),
  payout: peerId,
  voter: text({ min: 1, max: LIMITS.labelBytes }),
  operator: nullable(text({ min: 1, max: LIMITS.labelBytes })),
})

/**
 * What survives a restart of a job that isn't terminal. A witness's own seal is among `seals`: the record is
 * written before the seal leaves, so after a crash the witness repeats it and never signs another. Bids and
 * beacons aren't kept: they are sent again or the job ends by `void`.
 */
export const openJobRecordCodec = struct({
  record: jobRecordCodec,
  escrow: nullable(amount()),
  attempt: nullable(attemptCodec),
  /** Payees of every bidder of the assignment, so that standbys of later attempts have a price. */
  payees: list(payeeCodec, { max: LIMITS.bids }),
  /** This peer's own bid while nobody is assigned: it never signs a second one for a job. */
  bid: nullable(signedBid),
  cancel: nullable(signedCancel),
  holders: list(peerId, { max: LIMITS.receipts }),
  earlier: list(replicaCodec, { max: LIMITS.slots }),
})
export type OpenJobRecord = Infer<typeof openJobRecordCodec>

export function recordOf(open: OpenJob, self: PeerId): OpenJobRecord {
  const { attempt } = open
  return {
    record: open.record,
    escrow: open.escrow ?? null,
    attempt:
      attempt === undefined
        ? null
        : {
            step: attempt.step,
            epoch: attempt.epoch,
            slots: attempt.slots,
            standbys: attempt.standbys,
            assignedMs: attempt.assignedMs,
            commits: [...attempt.commits.values()],
            seals: [...attempt.seals.values()],
            sealedMs: attempt.sealedMs ?? null,
            reveals: [...attempt.reveals.values()],
            bodies: [...attempt.bodies],
          },
    payees: open.payees,
    bid: open.bids.get(self)?.bid ?? null,
    cancel: open.cancel ?? null,
    holders: open.holders,
    earlier: open.earlier,
  }
}

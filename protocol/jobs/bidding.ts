import { ineligibleFor } from '../election/eligibility.ts'
import { type Signed, sign } from '../encoding/signed.ts'
import type { MessageOf } from '../intake/message.ts'
import { LIMITS, TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { type JobContext, deciders } from './context.ts'
import { BEACON, BID, type Bid } from './messages.ts'
import type { OpenJob } from './open-job.ts'

/** Bids for a job that this peer's node can run, once; the cheapest of its offers that qualifies. */
export function bid(context: JobContext, out: Outbox, open: OpenJob): void {
  const { signer, roster, duty, payout } = context
  // What this peer ran before its store was lost may still be open: a second commit there would be a fault.
  // By the end of a round of sync it knows which jobs are assigned.
  if (duty.lostMs !== undefined && out.now < duty.lostMs + TIMES.syncMs) return
  if (duty.anewAfter !== undefined && duty.isBehind) return
  if (open.bids.has(signer.id) || open.attempt !== undefined || roster.isRevoked(signer.id)) return
  if (open.cancel !== undefined) return
  if (!context.hasRoom()) return
  const { spec } = open.record
  if (spec.rules !== context.rules) return
  const fitting = context.capabilities().offers.filter((offer) => ineligibleFor(spec, offer) === undefined)
  const best = fitting.toSorted((a, b) => (a.price < b.price ? -1 : a.price > b.price ? 1 : 0))[0]
  if (best === undefined) return
  const signed = sign(signer, roster.swarm, BID, { job: open.job, offer: best, payout })
  // Held and persisted before it leaves: after a restart the same bid is repeated, not another one signed.
  open.bids.set(signer.id, { bid: signed, heldMs: out.now })
  noteBid(context, out, open, signed)
  context.book.save(out, open)
  for (const peer of deciders(context, open)) if (peer !== signer.id) out.sendSigned(peer, 'bid', signed)
}

/** Holds the first bid of each member that meets the job's conditions. */
export function holdBid(context: JobContext, out: Outbox, open: OpenJob, message: MessageOf<'bid'>): void {
  const { signer, body, bytes, sig } = message
  if (context.roster.isRevoked(signer)) return
  if (open.bids.has(signer) || open.bids.size >= LIMITS.bids || open.attempt !== undefined) return
  if (ineligibleFor(open.record.spec, body.offer) !== undefined) return
  open.bids.set(signer, { bid: { signer, body, bytes, sig }, heldMs: out.now })
  noteBid(context, out, open, { signer, body })
}

/** Shows a bid in the job's record, one for each peer. */
function noteBid(
  context: JobContext,
  out: Outbox,
  open: OpenJob,
  { signer, body }: Pick<Signed<Bid>, 'signer' | 'body'>,
): void {
  const others = open.record.bids.filter(({ peer }) => peer !== signer).slice(0, LIMITS.bids - 1)
  context.book.update(open, { bids: [...others, { peer: signer, offer: body.offer }] })
  context.book.note(out, open, 'bid', { peer: signer })
  out.notify(open.job)
}

/** A witness gives its share of the tie-break once `open` is certified, to the steward and, for its own rounds, to itself. */
export function giveBeacon(context: JobContext, out: Outbox, open: OpenJob): void {
  const { signer, roster, duty } = context
  if (!duty.active || open.beacons.has(signer.id)) return
  const beacon = sign(signer, roster.swarm, BEACON, { job: open.job })
  open.beacons.set(signer.id, beacon)
  const { steward } = open.record.spec
  if (steward !== signer.id) out.sendSigned(steward, 'beacon', beacon)
}

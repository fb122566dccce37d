import { type Candidacy, decide, type Election } from '../election/decide.ts'
import { ineligibleFor } from '../election/eligibility.ts'
import type { Signed } from '../encoding/signed.ts'
import { type Judgement, NO_ITEMS, WAITING } from '../agreement/instance-rules.ts'
import type { JobId, PeerId } from '../ids.ts'
import { LIMITS, TIMES } from '../params.ts'
import type { TrustSnapshot } from '../trust/snapshot.ts'
import type { Roster } from '../swarm/roster.ts'
import { voterOf } from '../swarm/voter.ts'
import type { JobContext } from './context.ts'
import { type Bid, electionSeed, orderFor } from './messages.ts'
import type { OpenJob } from './open-job.ts'
import type { JobSpec } from './spec.ts'
import type { AssignValue } from './value.ts'

type Beacon = Signed<{ readonly job: JobId }>

/** Recomputes an election from a bid list; what `assign` must equal, and what `explain` shows. */
export function electionOf(
  spec: JobSpec,
  bids: readonly Signed<Bid>[],
  beacon: Beacon,
  against: Pick<AssignValue, 'operators'> & { readonly snapshot: TrustSnapshot },
): Election {
  const candidates: readonly Candidacy[] = bids.map(({ signer, body }, at) => ({
    peer: signer,
    operator: against.operators[at] ?? undefined,
    offer: body.offer,
  }))
  return decide(spec, candidates, against.snapshot, electionSeed(beacon.body.job, beacon))
}

/** The labels that this peer's roster has for the bidders and for the payer. */
function labelsOf(
  roster: Roster,
  bids: readonly Pick<Signed<Bid>, 'signer'>[],
  payer: PeerId,
): Pick<AssignValue, 'operators' | 'payer'> {
  const labelOf = (peer: PeerId) => roster.member(peer)?.operator ?? null
  return { operators: bids.map(({ signer }) => labelOf(signer)), payer: labelOf(payer) }
}

function hasOwnLabels(context: JobContext, open: OpenJob, value: AssignValue): boolean {
  const own = labelsOf(context.roster, value.bids, open.record.account)
  return (
    value.payer === own.payer &&
    value.operators.length === own.operators.length &&
    value.operators.every((label, at) => label === own.operators[at])
  )
}

/** What may be proposed: a revoked bidder is assigned nothing more (2). */
function sortedBids({ roster }: JobContext, open: OpenJob): readonly Signed<Bid>[] {
  const bids = [...open.bids.values()].map(({ bid }) => bid).filter(({ signer }) => !roster.isRevoked(signer))
  return bids.sort((a, b) => (a.signer < b.signer ? -1 : 1)).slice(0, LIMITS.bids)
}

/** The first beacon, in this job's order of witnesses, that may be used by now (6.3). */
function usableBeacon(context: JobContext, open: OpenJob, now: number): Beacon | undefined {
  const { openedMs } = open.record
  if (openedMs === null) return undefined
  const order = orderFor(open.job, context.roster.epoch.witnesses)
  const at = order.findIndex(
    (witness, index) => open.beacons.has(witness) && now >= openedMs + index * TIMES.beaconMs,
  )
  const witness = order[at]
  return witness === undefined ? undefined : open.beacons.get(witness)
}

/** Distinct voters among eligible bids: with fewer than the replicas and standbys asked for it pays to wait. */
function eligibleVoters(context: JobContext, open: OpenJob): number {
  const { spec } = open.record
  const voters = [...open.bids.values()]
    .filter(({ bid }) => ineligibleFor(spec, bid.body.offer) === undefined)
    .map(({ bid: { signer } }) => voterOf(spec.diversity, signer, context.roster.member(signer)?.operator))
  return new Set(voters).size
}

/** An assignment that this peer could propose now. */
export function buildAssign(context: JobContext, open: OpenJob, now: number): AssignValue | undefined {
  const { spec, openedMs, heardMs } = open.record
  if (openedMs === null || open.escrow === undefined) return undefined
  const voters = eligibleVoters(context, open)
  const hoped = Math.min(spec.replicas + spec.standbys, votersInAll(context, spec))
  if (voters < spec.replicas || (voters < hoped && now < heardMs + TIMES.bidWindowMs)) return undefined
  const beacon = usableBeacon(context, open, now)
  if (beacon === undefined) return undefined
  const snapshot = context.snapshotAt(spec.trust)
  // An older one no witness would accept any more: the job waits for its refund.
  if (snapshot === undefined || isOutdated(context, spec)) return undefined
  const bids = sortedBids(context, open)
  const labels = labelsOf(context.roster, bids, open.record.account)
  const { slots, standbys } = electionOf(spec, bids, beacon, { ...labels, snapshot })
  if (slots.length === 0) return undefined
  const elected = new Set<PeerId>([...slots, ...standbys])
  const receipts = [...open.stored.values()]
    .filter(({ signer }) => elected.has(signer))
    .slice(0, LIMITS.receipts)
  const value: AssignValue = {
    type: 'assign',
    epoch: context.roster.epoch.number,
    bids,
    ...labels,
    beacon,
    slots: slots.map((peer, slot) => ({ slot, peer })),
    standbys,
    receipts,
  }
  // A job whose spec no assignment can satisfy must come to its void, not be proposed for ever.
  return assignIsValid(context, open, value, snapshot) ? value : undefined
}

function votersInAll(context: JobContext, { diversity }: JobSpec): number {
  return new Set(
    [...context.roster.members()].map(({ peer, operator }) => voterOf(diversity, peer, operator)),
  ).size
}

/** A payer can't choose among old snapshots the one that suits it: the newest or the one before (6.3). */
function isOutdated(context: JobContext, { trust }: JobSpec): boolean {
  return trust < context.snapshot().number - 1
}

/** Valid: a pure function of the value, the certified `open` and the snapshot it names. */
function assignIsValid(
  context: JobContext,
  open: OpenJob,
  value: AssignValue,
  snapshot: TrustSnapshot,
): boolean {
  const { spec } = open.record
  const { bids, operators, beacon, receipts } = value
  const ascending = bids.every(({ signer }, at) => at === 0 || (bids[at - 1]?.signer ?? '') < signer)
  if (value.epoch !== context.roster.epoch.number) return false
  if (!ascending || bids.some(({ body }) => body.job !== open.job)) return false
  if (beacon.body.job !== open.job || !context.roster.isWitness(beacon.signer)) return false
  const election = electionOf(spec, bids, beacon, { operators, snapshot })
  const elected = new Set([...election.slots, ...election.standbys])
  const receiptsHold = receipts.every(
    ({ signer, body }) => elected.has(signer) && body.job === open.job && body.prompt === spec.prompt.digest,
  )
  if (!receiptsHold || election.slots.length === 0) return false
  if (election.slots.length !== value.slots.length || election.standbys.length !== value.standbys.length)
    return false
  const sameSlots = value.slots.every(({ slot, peer }, at) => slot === at && election.slots[at] === peer)
  return sameSlots && value.standbys.every((peer, at) => election.standbys[at] === peer)
}

/**
 * Guards of step 0. The bids asked for are those held for `bidGraceMs` when the first valid assignment was
 * seen: a proposer that takes them over in round 1 can't be sent back again by bids that came later.
 */
export function judgeAssign(context: JobContext, open: OpenJob, value: AssignValue, now: number): Judgement {
  if (open.escrow === undefined || open.record.openedMs === null)
    return { verdict: 'missing', ids: [open.job] }
  const { spec } = open.record
  // This witness is behind the payer; the snapshot is on its way, and the job is looked at again when it is here.
  if (spec.trust > context.snapshot().number) return { verdict: 'wait' }
  const snapshot = context.snapshotAt(spec.trust)
  if (snapshot === undefined || isOutdated(context, spec)) return WAITING
  // Who made it may know of a join that this witness hasn't heard of, or the other way round.
  if (!hasOwnLabels(context, open, value)) return WAITING
  if (!assignIsValid(context, open, value, snapshot)) return { verdict: 'not_valid' }
  const place = orderFor(open.job, context.roster.epoch.witnesses).indexOf(value.beacon.signer)
  if (now < open.record.openedMs + place * TIMES.beaconMs) return WAITING
  // Whoever proposed hasn't heard of the revocation yet, and leaves the bid out once it has.
  if (value.bids.some(({ signer }) => context.roster.isRevoked(signer))) return WAITING
  open.bidsFrozenMs ??= now
  if (value.bids.length >= LIMITS.bids) return { verdict: 'prepare' }
  const frozenMs = open.bidsFrozenMs
  const named = new Set(value.bids.map(({ signer }) => signer))
  const absent = [...open.bids.values()].filter(
    ({ bid, heldMs }) =>
      heldMs + TIMES.bidGraceMs <= frozenMs &&
      !named.has(bid.signer) &&
      !context.roster.isRevoked(bid.signer),
  )
  if (absent.length === 0) return { verdict: 'prepare' }
  return { verdict: 'guard', items: { ...NO_ITEMS, bids: absent.map(({ bid }) => bid) } }
}

import { ineligibleBid } from '../election/eligibility.ts'
import { digest, type Infer, list, peerId, struct, text, uint } from '../encoding/codec.ts'
import type { Signed } from '../encoding/signed.ts'
import type { AccountId, JobId, PeerId } from '../ids.ts'
import { commitsIn, opens } from '../jobs/counting.ts'
import { holdersOf } from '../jobs/ranks.ts'
import type { Seal } from '../jobs/messages.ts'
import type { JobSpec } from '../jobs/spec.ts'
import type { AgainValue, AssignValue, CloseValue, JobValue, SlotAssignment } from '../jobs/value.ts'
import { LIMITS } from '../params.ts'
import type { Charter } from '../swarm/charter.ts'
import { voterOf } from '../swarm/voter.ts'
import { type Outcome, outcomeCodec } from './counters.ts'

/** By what somebody has one vote: an operator's label, or the peer where the charter goes by peers. */
const voter = text({ max: LIMITS.labelBytes })

/**
 * The one voter that all payers without a membership are: such accounts cost nothing, so a thousand of them may
 * vouch for a replica, or hold a failure against it, as little as one. Labels are never empty.
 */
const GUESTS = ''

/** By slot and peer: a slot has a runner of each rank, and each may be marked. */
const markCodec = struct({ slot: uint(LIMITS.slots), peer: peerId, outcome: outcomeCodec })

/** What must be remembered of a job from its assignment to its end, for its outcomes to be counted. */
export const assignedCodec = struct({
  model: digest(),
  payer: voter,
  /** Independent bidders that could have been elected with this model: with few of them an election is no evidence (7). */
  bidders: uint(LIMITS.bids),
  /** Everybody who may get a slot. */
  voters: list(struct({ peer: peerId, voter }), { max: LIMITS.replicas + LIMITS.standbys }),
  /** Who said, signed, that it holds the prompt. */
  ready: list(peerId, { max: LIMITS.receipts }),
  /** The attempt under way. */
  slots: list(struct({ slot: uint(LIMITS.slots), peer: peerId }), { max: LIMITS.slots }),
  standbys: list(peerId, { max: LIMITS.standbys }),
  /** Slots of earlier attempts that are counted already. */
  marks: list(markCodec, { max: LIMITS.slots }),
})
export type Assigned = Infer<typeof assignedCodec>

/** A terminal job with something to count: what a snapshot folds of it. */
export const closeFactsCodec = struct({
  job: digest<JobId>(),
  payer: voter,
  model: digest(),
  replicas: list(struct({ peer: peerId, voter, outcome: outcomeCodec }), { min: 1, max: LIMITS.slots }),
})
export type CloseFacts = Infer<typeof closeFactsCodec>

/** One decision of a job's chain, with what its `open` says. */
export interface JobDecided {
  readonly job: JobId
  readonly step: number
  readonly account: AccountId
  readonly spec: JobSpec
  readonly value: JobValue
  /** t of the epoch that decided. */
  readonly counting: number
}

/** What the swarm asks of a job that shall earn trust. */
export interface Terms {
  readonly charter: Charter
  /** Where an epoch's fees go. A job that outlived a change of it earns nothing: everybody must see the same. */
  readonly treasuryOf: (epoch: number) => PeerId | undefined
}

/**
 * Follows one decision: what is to be remembered of the job, or, at its end, what counts. A pure function of
 * the chain's decided values, so that every peer folds the same.
 */
export function follow(
  before: Assigned | undefined,
  decided: JobDecided,
  terms: Terms,
): { readonly assigned: Assigned | undefined; readonly facts: CloseFacts | undefined } {
  const { value } = decided
  if (value.type === 'assign')
    return { assigned: assignedBy(value, decided, terms.charter), facts: undefined }
  if (before === undefined) return { assigned: undefined, facts: undefined }
  if (value.type === 'again') {
    const marks = [...before.marks, ...attemptMarks(before, decided, value)].slice(0, LIMITS.slots)
    return { assigned: { ...before, slots: value.slots, standbys: value.standbys, marks }, facts: undefined }
  }
  return { assigned: undefined, facts: factsOf(before, decided, value, terms) }
}

/** Outcomes of every decided value of a job's chain, in order of steps. */
export function outcomesOf(chain: readonly JobDecided[], charter: Charter): CloseFacts | undefined {
  let assigned: Assigned | undefined
  let facts: CloseFacts | undefined
  for (const decided of chain)
    ({ assigned, facts } = follow(assigned, decided, { charter, treasuryOf: () => charter.treasury }))
  return facts
}

function assignedBy(
  { bids, operators, payer, slots, standbys, receipts }: AssignValue,
  { account, spec }: JobDecided,
  { diversity }: Charter,
): Assigned | undefined {
  const bidders = bids.map(({ signer, body: { offer } }, at) => {
    const label = operators[at]
    const isEligible = ineligibleBid(spec, { operator: label ?? undefined, offer }) === undefined
    return { peer: signer, voter: voterOf(diversity, signer, label), model: offer.modelDigest, isEligible }
  })
  const elected = bidders.find(({ peer }) => peer === slots[0]?.peer)
  if (elected === undefined) return undefined
  const { model } = elected
  const rivals = bidders.filter((bidder) => bidder.isEligible && bidder.model === model)
  const chosen = new Set([...slots.map(({ peer }) => peer), ...standbys])
  const voters = bidders.filter(({ peer }) => chosen.has(peer))
  return {
    model,
    payer: payer === null ? GUESTS : voterOf(diversity, account, payer),
    bidders: new Set(rivals.map((rival) => rival.voter)).size,
    voters: voters.map(({ peer, voter }) => ({ peer, voter })),
    ready: receipts.map(({ signer }) => signer),
    slots,
    standbys,
    marks: [],
  }
}

/**
 * What an attempt's seals show of those who gave no answer that could be judged. Not being there counts only against who
 * held the prompt, and was assigned the slot: else a payer that hands it to nobody makes anybody absent, at no cost. A
 * standby that began and made no commit was slow only if no rank before it had one that counts; else it was right to stop.
 * So was everybody once the payer has cancelled: else a payer could make any node look slow for the fee.
 */
export function attemptMarks(
  { slots, standbys, ready }: Pick<Assigned, 'slots' | 'standbys' | 'ready'>,
  { job, step, counting }: Pick<JobDecided, 'job' | 'step' | 'counting'>,
  value: Pick<CloseValue, 'seals' | 'reveals'> & Partial<Pick<CloseValue, 'cancel'>>,
): Assigned['marks'] {
  const { seals, reveals } = value
  const isCancelled = (value.cancel ?? null) !== null
  const attempt = { step: step - 1, slots, standbys }
  const commits = commitsIn(job, attempt, seals)
  const isCounted = (peer: PeerId, slot: number) => {
    const seen = commits.get(peer)
    return seen?.commit.body.slot === slot && !seen.fault && seen.sealedBy.size >= counting
  }
  const outcomeAt = (slot: number, peer: PeerId, lower: readonly PeerId[]): Outcome | undefined => {
    const seen = commits.get(peer)
    if (seen?.fault === true) return seen.commit.body.slot === slot ? 'fault' : undefined
    if (seen !== undefined && isCounted(peer, slot))
      return reveals.some((reveal) => opens(reveal, seen.commit)) ? undefined : 'unrevealed'
    if (isCancelled || lower.some((one) => isCounted(one, slot))) return undefined
    if (isStarted(seals, { slot, peer }, counting)) return 'timeout'
    return lower.length === 0 && ready.includes(peer) ? 'noshow' : undefined
  }
  return slots.flatMap(({ slot }) =>
    holdersOf(attempt, slot).flatMap((peer, rank, holders) => {
      const outcome = outcomeAt(slot, peer, holders.slice(0, rank))
      return outcome === undefined ? [] : [{ slot, peer, outcome }]
    }),
  )
}

/** Whether t of the witnesses saw this peer at work on this slot. */
function isStarted(
  seals: readonly Signed<Seal>[],
  { slot, peer }: SlotAssignment,
  counting: number,
): boolean {
  const saw = seals.filter(({ body }) => body.started.some((one) => one.slot === slot && one.peer === peer))
  return new Set(saw.map(({ signer }) => signer)).size >= counting
}

function factsOf(
  before: Assigned,
  decided: JobDecided,
  value: Exclude<JobValue, AssignValue | AgainValue>,
  terms: Terms,
): CloseFacts | undefined {
  const last = value.type === 'close' ? attemptMarks(before, decided, value) : []
  const marks = [...before.marks, ...last]
  const placeOf = ({ slot, peer }: SlotAssignment) => `${slot}/${peer}`
  const marked = new Set(marks.map(placeOf))
  const judged = value.type === 'close' ? judgedIn(value, before, decided.spec, terms) : []
  const counted = [...marks, ...judged.filter((one) => !marked.has(placeOf(one)))].slice(0, LIMITS.slots)
  if (counted.length === 0) return undefined
  const voters = new Map(before.voters.map((one) => [one.peer, one.voter]))
  const replicas = counted.map(({ peer, outcome }) => ({ peer, voter: voters.get(peer) ?? peer, outcome }))
  return { job: decided.job, payer: before.payer, model: before.model, replicas }
}

/** Agreement is counted only where others vouched for it and nobody could have arranged it cheaply (7). */
function judgedIn(
  { result, epoch }: CloseValue,
  { bidders }: Assigned,
  spec: JobSpec,
  { charter, treasuryOf }: Terms,
): Assigned['marks'] {
  const { agreement, winner, replicas } = result
  if (winner === null || (agreement !== 'unanimous' && agreement !== 'majority')) return []
  const isFair =
    spec.replicas >= 2 &&
    bidders >= charter.params.trustBidders &&
    spec.fee >= charter.params.fee &&
    spec.treasury === treasuryOf(epoch)
  return replicas.flatMap(({ slot, peer, price, outcome }): Assigned['marks'] => {
    if (outcome === 'outvoted') return [{ slot, peer, outcome: 'disagreed' }]
    const isEarned = outcome === 'agreed' && isFair && price >= priceFloor(charter)
    return isEarned ? [{ slot, peer, outcome: 'agreed' }] : []
  })
}

/** A run that costs next to nothing shows nothing: a sixteenth of what the charter takes for a high price. */
function priceFloor({ params }: Charter): bigint {
  return params.maxPrice / 16n
}

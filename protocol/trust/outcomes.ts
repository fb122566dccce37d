import { digest, type Infer, list, peerId, struct, uint } from '../encoding/codec.ts'
import type { AccountId, JobId, PeerId } from '../ids.ts'
import { belongs, commitsIn, opens } from '../jobs/close.ts'
import type { JobSpec } from '../jobs/spec.ts'
import type { AgainValue, AssignValue, CloseValue, JobValue, SlotAssignment } from '../jobs/value.ts'
import { LIMITS } from '../params.ts'
import type { Charter } from '../swarm/charter.ts'
import { type Outcome, outcomeCodec } from './counters.ts'

const markCodec = struct({ slot: uint(LIMITS.slots), peer: peerId, outcome: outcomeCodec })

/** What must be remembered of a job from its assignment to its end, for its outcomes to be counted. */
export const assignedCodec = struct({
  model: digest(),
  /** Independent bidders: with few of them an election is no evidence (7). */
  bidders: uint(LIMITS.bids),
  /** The attempt under way. */
  slots: list(struct({ slot: uint(LIMITS.slots), peer: peerId }), { max: LIMITS.slots }),
  /** Slots of earlier attempts that are counted already. */
  marks: list(markCodec, { max: LIMITS.slots }),
})
export type Assigned = Infer<typeof assignedCodec>

/** A terminal job with something to count: what a snapshot folds of it. */
export const closeFactsCodec = struct({
  job: digest<JobId>(),
  submitter: peerId,
  model: digest(),
  replicas: list(struct({ peer: peerId, outcome: outcomeCodec }), { min: 1, max: LIMITS.slots }),
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

/** The charter, and by what its members have one vote each. */
export interface Voters {
  readonly charter: Charter
  voterOf(peer: PeerId): string
}

/**
 * Follows one decision: what is to be remembered of the job, or, at its end, what counts. A pure function of
 * the chain's decided values, so that every peer folds the same.
 */
export function follow(
  before: Assigned | undefined,
  decided: JobDecided,
  voters: Voters,
): { readonly assigned: Assigned | undefined; readonly facts: CloseFacts | undefined } {
  const { value } = decided
  if (value.type === 'assign') return { assigned: assignedBy(value, voters), facts: undefined }
  if (before === undefined) return { assigned: undefined, facts: undefined }
  if (value.type === 'again') {
    const marks = [...before.marks, ...attemptMarks(before, decided, value)].slice(0, LIMITS.slots)
    return { assigned: { ...before, slots: value.slots, marks }, facts: undefined }
  }
  return { assigned: undefined, facts: factsOf(before, decided, value, voters) }
}

/** Outcomes of every decided value of a job's chain, in order of steps. */
export function outcomesOf(chain: readonly JobDecided[], voters: Voters): CloseFacts | undefined {
  let assigned: Assigned | undefined
  let facts: CloseFacts | undefined
  for (const decided of chain) ({ assigned, facts } = follow(assigned, decided, voters))
  return facts
}

function assignedBy({ bids, slots }: AssignValue, { voterOf }: Voters): Assigned | undefined {
  const elected = bids.find(({ signer }) => signer === slots[0]?.peer)
  if (elected === undefined) return undefined
  const bidders = new Set(bids.map(({ signer }) => voterOf(signer))).size
  return { model: elected.body.offer.modelDigest, bidders, slots, marks: [] }
}

/** What an attempt's seals show of those who gave no answer that could be judged. */
function attemptMarks(
  { slots }: Assigned,
  { job, step, counting }: JobDecided,
  { seals, reveals }: Pick<CloseValue | AgainValue, 'seals' | 'reveals'>,
): Assigned['marks'] {
  const attempt = { step: step - 1, slots }
  const commits = commitsIn(job, attempt, seals)
  const isStarted = ({ slot, peer }: SlotAssignment) => {
    const witnesses = seals.filter(({ body }) =>
      body.started.some((one) => one.slot === slot && one.peer === peer),
    )
    return new Set(witnesses.map(({ signer }) => signer)).size >= counting
  }
  return slots.flatMap(({ slot, peer }) => {
    const mark = (outcome: Outcome) => [{ slot, peer, outcome }]
    const seen = commits.get(peer)
    if (seen?.fault === true) return mark('fault')
    if (seen !== undefined && belongs(attempt, seen.commit) && seen.sealedBy.size >= counting)
      return reveals.some((reveal) => opens(reveal, seen.commit)) ? [] : mark('unrevealed')
    return mark(isStarted({ slot, peer }) ? 'timeout' : 'noshow')
  })
}

function factsOf(
  before: Assigned,
  decided: JobDecided,
  value: Exclude<JobValue, AssignValue | AgainValue>,
  voters: Voters,
): CloseFacts | undefined {
  const last = value.type === 'close' ? attemptMarks(before, decided, value) : []
  const marks = [...before.marks, ...last]
  const marked = new Set(marks.map(({ slot }) => slot))
  const judged = value.type === 'close' ? judgedIn(value, before, decided.spec, voters) : []
  const replicas = [
    ...marks.map(({ peer, outcome }) => ({ peer, outcome })),
    ...judged.filter(({ slot }) => !marked.has(slot)).map(({ peer, outcome }) => ({ peer, outcome })),
  ]
  if (replicas.length === 0) return undefined
  const { job, account } = decided
  return { job, submitter: account, model: before.model, replicas: replicas.slice(0, LIMITS.slots) }
}

/** Agreement is counted only where others vouched for it and nobody could have arranged it cheaply (7). */
function judgedIn(
  { result }: CloseValue,
  { bidders }: Assigned,
  spec: JobSpec,
  { charter }: Voters,
): Assigned['marks'] {
  const { agreement, winner, replicas } = result
  if (winner === null || (agreement !== 'unanimous' && agreement !== 'majority')) return []
  const isFair =
    spec.replicas >= 2 &&
    bidders >= charter.params.trustBidders &&
    spec.fee >= charter.params.fee &&
    spec.treasury === charter.treasury
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

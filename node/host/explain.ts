import { type Decision, decisionCodec, valueDigestOf } from '../../protocol/agreement/messages.ts'
import type { Verifier } from '../../protocol/crypto/verifier.ts'
import type { Election, RankedBid } from '../../protocol/election/decide.ts'
import { decodeBody } from '../../protocol/encoding/body.ts'
import { bitmapPositions } from '../../protocol/encoding/quorum.ts'
import { type Digest, type JobId, jobInstance, type PeerId } from '../../protocol/ids.ts'
import { electionOf } from '../../protocol/jobs/assign.ts'
import { electionSeed } from '../../protocol/jobs/messages.ts'
import { blameIn, type Followed, followed, takeoversOf } from '../../protocol/jobs/rechecking.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import { type AssignValue, isJobValue, type JobValue } from '../../protocol/jobs/value.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'
import { foundingSnapshot, type TrustSnapshot } from '../../protocol/trust/snapshot.ts'
import type { BidView, DecisionView, JobHistory, StepView } from '../api/backend.ts'
import { createRejudge, type Rejudge } from './rejudge.ts'
import type { Bodies, ColdRecords, Judge } from './ports.ts'
import { recheck } from './recheck.ts'
import { Evidence } from './signatures.ts'

interface ExplainerOptions {
  readonly history: Pick<JobHistory, 'job'>
  readonly store: ColdRecords
  readonly bodies: Bodies
  readonly judge: Judge
  readonly roster: Roster
  readonly verifier: Verifier
  /** The rules by which this peer judges. */
  readonly rules: Digest
}

/** A stored decision of a job, and whether its bytes carry the signatures that it needs. */
interface Stored {
  readonly step: number
  readonly decision: Decision
  readonly value: JobValue
  readonly isSigned: boolean
}

/**
 * Recomputes all that was decided about a job from what the decisions themselves hold: every signature, the election,
 * who is counted, the verdict where the answers are here, what is paid, and who is asked next. Resolves to undefined
 * where nothing is decided.
 */
export function createExplainer(
  options: ExplainerOptions,
): (job: JobId) => Promise<DecisionView | undefined> {
  const rejudge = createRejudge(options)
  return async (job) => {
    const record = await options.history.job(job)
    const stored = record === undefined ? [] : await decisionsOf(job, options)
    return record === undefined ? undefined : explain(record, stored, options.roster, rejudge)
  }
}

async function decisionsOf(
  job: JobId,
  { store, roster, verifier }: ExplainerOptions,
): Promise<readonly Stored[]> {
  const found: Stored[] = []
  const prefix = `${PREFIXES.decision}${job}/`
  for await (const { key, value: bytes } of store.scan({ prefix })) {
    const evidence = new Evidence(roster)
    const decision = decodeBody(decisionCodec, bytes, 'decision', evidence)
    const { value, instance } = decision
    const step = Number(key.slice(prefix.length))
    // Left out, it would be a hole that nobody sees.
    if (!isJobValue(value)) throw new TypeError(`the decision under ${key} is none of a job's`)
    const isSigned = instance === jobInstance(job, step) && (await evidence.holds(verifier))
    found.push({ step, decision, value, isSigned })
  }
  return found.sort((a, b) => a.step - b.step)
}

async function explain(
  record: JobRecord,
  stored: readonly Stored[],
  roster: Roster,
  rejudge: Rejudge,
): Promise<DecisionView | undefined> {
  const links = stored.map(({ step, value }) => ({ step, value, digest: valueDigestOf(value) }))
  const chain = followed(record, links)
  const elected = electionIn(record, links[0]?.value, roster)
  const steps = await Promise.all(
    chain.map(async (one, at): Promise<StepView | undefined> => {
      const found = stored[at]
      if (found === undefined) return undefined
      const parts = { record, one, roster, rejudge, holdsElection: elected?.isSame ?? false }
      const checks = await recheck(parts)
      return { ...viewOf(record, one, found, roster), checks: [signatures(found), ...checks] }
    }),
  )
  const [first, ...others] = steps.filter((step) => step !== undefined)
  if (first === undefined) return undefined
  const { bids = [], slots = [], standbys = [], seed = null } = elected ?? {}
  return { record, bids, elected: slots, standbys, seed, steps: [first, ...others] }
}

function signatures({ isSigned }: Stored): StepView['checks'][number] {
  return { what: 'signatures', holds: isSigned }
}

/** What one decision says, and who signed it. */
function viewOf(
  record: JobRecord,
  one: Followed,
  { step, decision, value }: Stored,
  roster: Roster,
): Omit<StepView, 'checks'> {
  const { epoch, signers } = decision.quorum
  const witnesses = roster.epochOf(epoch)?.witnesses ?? []
  const counted = value.type === 'void' ? undefined : roster.epochOf(value.epoch)
  const blame = blameIn(record, one, (counted ?? roster.epoch).sizes.counting)
  const isJudged = value.type === 'close' || value.type === 'again'
  return {
    step,
    value,
    quorum: {
      epoch,
      round: decision.round,
      signers: bitmapPositions(signers).flatMap((position) => witnesses[position] ?? []),
    },
    takeovers: isJudged ? takeoversOf(one, value, blame) : [],
    blame,
  }
}

/** The election of step 0, computed again; undefined where there was none. */
function electionIn(record: JobRecord, value: JobValue | undefined, roster: Roster) {
  if (value?.type !== 'assign') return undefined
  const election = electionOf(record.spec, value.bids, value.beacon, {
    operators: value.operators,
    snapshot: snapshotOf(record, roster),
  })
  return {
    bids: election.ranking.map(bidOf),
    slots: election.slots,
    standbys: election.standbys,
    seed: electionSeed(record.job, value.beacon),
    isSame: belongs(value, record) && isSame(election, value),
  }
}

/** What the election read of its bidders, as this peer's record of the job keeps it. */
function snapshotOf({ spec, trust }: JobRecord, roster: Roster): TrustSnapshot {
  const founding = foundingSnapshot(roster.charter)
  const rows = new Map(trust?.map(({ peer, ...row }) => [peer, row]))
  return {
    number: spec.trust,
    row(bearer, model) {
      const kept = rows.get(bearer.peer)
      return kept === undefined
        ? founding.row(bearer, model)
        : { trust: kept.trust, latencyMs: kept.latencyMs ?? undefined }
    },
  }
}

function bidOf({ peer, operator, offer, ineligible, terms, score, tieBreak }: RankedBid): BidView {
  return {
    peer,
    operator: operator === '' ? null : operator,
    price: offer.price,
    ineligible: ineligible ?? null,
    terms: { ...terms },
    score,
    tieBreak,
  }
}

function belongs(value: AssignValue, { job }: JobRecord): boolean {
  return value.beacon.body.job === job && value.bids.every(({ body }) => body.job === job)
}

function isSame({ slots, standbys }: Election, value: AssignValue): boolean {
  const same = (left: readonly PeerId[], right: readonly PeerId[]): boolean =>
    left.length === right.length && left.every((peer, at) => peer === right[at])
  return (
    slots.length > 0 &&
    same(
      slots,
      value.slots.map(({ peer }) => peer),
    ) &&
    same(standbys, value.standbys)
  )
}

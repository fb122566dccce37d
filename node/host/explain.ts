import { type Decision, decisionCodec } from '../../protocol/agreement/messages.ts'
import type { Verifier } from '../../protocol/crypto/verifier.ts'
import type { Election, RankedBid } from '../../protocol/election/decide.ts'
import { decodeBody } from '../../protocol/encoding/body.ts'
import { bitmapPositions } from '../../protocol/encoding/quorum.ts'
import { jobInstance, type PeerId } from '../../protocol/ids.ts'
import { electionOf } from '../../protocol/jobs/assign.ts'
import { electionSeed } from '../../protocol/jobs/messages.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import type { AssignValue } from '../../protocol/jobs/value.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'
import { foundingSnapshot, type TrustSnapshot } from '../../protocol/trust/snapshot.ts'
import type { BidView, DecisionView } from '../api/backend.ts'
import { Evidence } from './signatures.ts'

interface ExplainOptions {
  readonly record: JobRecord
  /** The stored decision of step 0, as its bytes came. */
  readonly bytes: Uint8Array
  readonly roster: Roster
  readonly verifier: Verifier
}

/**
 * Recomputes an election from the signed bids and checks every signature in its decision again: the bids', the
 * beacon's and the quorum's. undefined when step 0 elected nobody.
 */
export async function explain({
  record,
  bytes,
  roster,
  verifier,
}: ExplainOptions): Promise<DecisionView | undefined> {
  const evidence = new Evidence(roster)
  const decision = decodeBody(decisionCodec, bytes, 'decision', evidence)
  const { value, quorum, round } = decision
  if (value.type !== 'assign') return undefined
  const election = electionOf(record.spec, value.bids, value.beacon, {
    operators: value.operators,
    snapshot: snapshotOf(record, roster),
  })
  const holds = await evidence.holds(verifier)
  const witnesses = roster.epochOf(quorum.epoch)?.witnesses ?? []
  return {
    job: record.job,
    step: 0,
    bids: election.ranking.map(bidOf),
    elected: election.slots,
    standbys: election.standbys,
    seed: electionSeed(record.job, value.beacon),
    quorum: {
      epoch: quorum.epoch,
      round,
      signers: bitmapPositions(quorum.signers).flatMap((position) => witnesses[position] ?? []),
    },
    verified: holds && belongs(decision, record) && isSame(election, value),
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

function belongs({ instance, value }: Decision, { job }: JobRecord): boolean {
  if (value.type !== 'assign' || instance !== jobInstance(job, 0) || value.beacon.body.job !== job)
    return false
  return value.bids.every(({ body }) => body.job === job)
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

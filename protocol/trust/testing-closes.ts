import { utf8ToBytes } from '@noble/hashes/utils.js'
import { encodeBody } from '../encoding/body.ts'
import type { Signed, SignedKind } from '../encoding/signed.ts'
import { blobRefOf, type BlobRef, type Digest, type PeerId } from '../ids.ts'
import { BEACON, BID, COMMIT, commitmentOf, REVEAL, SEAL, STORED } from '../jobs/messages.ts'
import type { Offer } from '../jobs/offer.ts'
import type { JobSpec } from '../jobs/spec.ts'
import type { ReplicaResult } from '../jobs/value.ts'
import { jobIdOf } from '../ledger/entry.ts'
import { testSpec } from '../ledger/testing-mind.ts'
import { LIMITS } from '../params.ts'
import type { Charter } from '../swarm/charter.ts'
import type { Pieces } from './pieces.ts'
import type { JobDecided } from './outcomes.ts'

/*
 * Decided values of made-up jobs for this room's tests. Rules never look at signatures, which intake has
 * checked, so nothing here is really signed.
 */

export type Did = 'agreed' | 'outvoted' | 'fault' | 'unrevealed' | 'timeout' | 'noshow'

interface ReplicaPlan {
  readonly peer: PeerId
  readonly did: Did
  /** Of three sealing witnesses, how many saw it start and had its commit; all of them by default. */
  readonly seenBy?: number
  /** Whose slot it took over, by its place among the replicas, and as which rank. */
  readonly tookOver?: { readonly slot: number; readonly rank: number }
}

export interface ClosePlan {
  readonly nonce: number
  readonly submitter: PeerId
  readonly replicas: readonly ReplicaPlan[]
  /** By default the replicas alone. */
  readonly bidders?: readonly PeerId[]
  /** Who signed that it holds the prompt; by default the first two replicas that were not there. */
  readonly ready?: readonly PeerId[]
  /** Operator labels; by default everybody is a member of its own name. */
  readonly labelOf?: (peer: PeerId) => string | null
  /** What one bidder asks for instead of what the others do. */
  readonly offers?: ReadonlyMap<PeerId, Partial<Offer>>
  readonly price?: bigint
  readonly spec?: Partial<JobSpec>
  readonly agreement?: 'unanimous' | 'majority' | 'none' | 'split' | 'single'
  readonly charter: Charter
}

export const MODEL: Digest = blobRefOf(Uint8Array.of(7)).digest
const SALT = new Uint8Array(32)

export function said<T>(kind: SignedKind<T>, signer: PeerId, body: T): Signed<T> {
  return { signer, body, bytes: encodeBody(kind.body, body), sig: new Uint8Array(64) }
}

/** The chain of a job that is assigned and closed in one attempt. */
export function chainOf(plan: ClosePlan): readonly JobDecided[] {
  const base = baseOf(plan)
  const { job } = base
  const bidders = [...(plan.bidders ?? plan.replicas.map(({ peer }) => peer))].sort()
  const absent = plan.replicas.filter(({ did }) => did === 'noshow').map(({ peer }) => peer)
  const { ready = absent.slice(0, LIMITS.receipts), labelOf = (peer: PeerId) => peer } = plan
  const offer: Offer = {
    price: plan.price ?? 1n,
    etaMs: 1,
    model: 'm',
    modelDigest: MODEL,
    cached: true,
    vramFreeMb: 0,
    loadMilli: 0,
    region: '',
    modes: ['process'],
  }
  const assign = {
    type: 'assign' as const,
    epoch: 0,
    bids: bidders.map((peer) =>
      said(BID, peer, { job, offer: { ...offer, ...plan.offers?.get(peer) }, payout: peer }),
    ),
    operators: bidders.map(labelOf),
    payer: labelOf(plan.submitter),
    beacon: said(BEACON, plan.submitter, { job }),
    slots: assignedOf(plan).map(({ peer }, slot) => ({ slot, peer })),
    standbys: standbysOf(plan).map(({ peer }) => peer),
    receipts: ready.map((peer) => said(STORED, peer, { job, prompt: base.spec.prompt.digest })),
  }
  const evidence = evidenceOf(plan, 0)
  const close = { type: 'close' as const, epoch: 0, ...evidence, result: resultOf(plan), cancel: null }
  return [
    { ...base, step: 0, value: assign },
    { ...base, step: 1, value: close },
  ]
}

export function baseOf(plan: ClosePlan) {
  const { charter, nonce, submitter, spec } = plan
  const job = jobIdOf(submitter, nonce)
  const whole: JobSpec = {
    ...testSpec(charter, submitter),
    nonce,
    replicas: assignedOf(plan).length,
    ...spec,
  }
  return { job, account: submitter, spec: whole, counting: 2 }
}

/** Seals and reveals of the attempt that was assigned at `step`; its slots begin with `firstSlot`. */
export function evidenceOf(plan: ClosePlan, step: number, firstSlot = 0) {
  const { job } = baseOf(plan)
  const placeOf = (at: number, { tookOver }: ReplicaPlan) => {
    return tookOver === undefined ? { slot: firstSlot + at, rank: 0 } : tookOver
  }
  const commitOf = (place: { slot: number; rank: number }, peer: PeerId, text: string) => {
    const { slot, rank } = place
    const commitment = commitmentOf({ job, step, slot, peer, salt: SALT, answer: answerOf(text) })
    return said(COMMIT, peer, { job, step, slot, rank, commitment })
  }
  const seals = plan.charter.witnesses.slice(0, 3).map((witness, number) => {
    const commits = plan.replicas.flatMap((replica, at) => {
      const { peer, did, seenBy = 3 } = replica
      if (did === 'timeout' || did === 'noshow' || number >= seenBy) return []
      return [commitOf(placeOf(at, replica), peer, did === 'fault' && number === 0 ? 'another' : did)]
    })
    const started = plan.replicas.flatMap((replica, at) => {
      const { peer, did, seenBy = 3 } = replica
      return did === 'noshow' || number >= seenBy ? [] : [{ slot: placeOf(at, replica).slot, peer }]
    })
    return said(SEAL, witness, { job, step, commits, started })
  })
  const reveals = plan.replicas.flatMap((replica, at) => {
    const { peer, did } = replica
    if (did !== 'agreed' && did !== 'outvoted') return []
    const named = [{ witness: plan.submitter, seal: MODEL }]
    const body = {
      job,
      step,
      slot: placeOf(at, replica).slot,
      salt: SALT,
      answer: answerOf(did),
      seals: named,
    }
    return [said(REVEAL, peer, body)]
  })
  return { seals, reveals }
}

const assignedOf = ({ replicas }: ClosePlan) => replicas.filter(({ tookOver }) => tookOver === undefined)
const standbysOf = ({ replicas }: ClosePlan) => replicas.filter(({ tookOver }) => tookOver !== undefined)

/** Everything at once, where a peer would take a piece an event. */
export function whole<T>(pieces: Pieces<T>): T {
  for (;;) {
    const step = pieces.next()
    if (step.done === true) return step.value
  }
}

function answerOf(text: string): BlobRef {
  return blobRefOf(utf8ToBytes(text))
}

export function resultOf(plan: ClosePlan) {
  const { price = 1n, agreement = 'majority' } = plan
  const results = assignedOf(plan).map((assigned, slot): ReplicaResult => {
    const isThere = assigned.did === 'agreed' || assigned.did === 'outvoted'
    const standby = standbysOf(plan).find(({ tookOver }) => tookOver?.slot === slot)
    const { peer, did, tookOver } = isThere ? assigned : (standby ?? assigned)
    const isAnswer = did === 'agreed' || did === 'outvoted'
    const outcome = isAnswer ? did : 'silent'
    const answer = isAnswer ? answerOf(did) : null
    const base = {
      slot,
      peer,
      rank: tookOver?.rank ?? 0,
      payout: peer,
      price,
      cosine: 0,
      findings: [],
      paid: 0n,
    }
    return { ...base, answer, cluster: null, outcome }
  })
  const winner = results.find(({ outcome }) => outcome === 'agreed')?.slot ?? null
  return { agreement, winner, confidence: 0, replicas: results, refund: 0n, fee: 0n }
}

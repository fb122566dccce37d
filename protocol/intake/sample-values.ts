import {
  type Ballot,
  COMMIT_BALLOT,
  type Decision,
  NEWVIEW,
  PREPARE,
  type PreparedCertificate,
  PROPOSAL,
  valueDigestOf,
} from '../agreement/messages.ts'
import type { Value } from '../agreement/value.ts'
import { hash } from '../crypto/digest.ts'
import type { Signer } from '../crypto/signer.ts'
import { type Quorum, quorumOf } from '../encoding/quorum.ts'
import { type Signed, type SignedKind, sign } from '../encoding/signed.ts'
import { signTogether } from '../encoding/multi-signed.ts'
import { ACCEPT, orderDigestOf } from '../epoch/value.ts'
import {
  epochInstance,
  type InstanceId,
  jobInstance,
  resolveInstance,
  type SwarmId,
  trustInstance,
} from '../ids.ts'
import { BEACON, BID, CANCEL, COMMIT, REVEAL, SEAL, sealDigestOf, STORED } from '../jobs/messages.ts'
import { escrowOf } from '../jobs/spec.ts'
import type { Certificate } from '../ledger/certificate.ts'
import {
  ENTRY,
  type Entry,
  entryIdOf,
  genesisOf,
  jobIdOf,
  type SignedEntry,
  VOTE,
  voteCodec,
} from '../ledger/entry.ts'
import { testCharter, testSigner, testSpec } from '../ledger/testing-mind.ts'
import { type ForkProof, forkProofOf, RESOLVE } from '../ledger/resolution.ts'
import { EPOCH_ORDER } from '../swarm/governance.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import { LATENCY } from '../trust/latency.ts'

/*
 * Parts that sample messages are made of, each really signed, so that a mutation is the only thing wrong with one.
 */

/** Four witnesses, of whom the first mints, a member that doesn't witness, and somebody who is no member. */
export const WITNESSES = [0, 1, 2, 3].map(testSigner)
export const MEMBER = testSigner(4)
export const STRANGER = testSigner(5)
export const ROSTER = rosterOf(testCharter([...WITNESSES, MEMBER], 4))
const [MINTER = MEMBER] = WITNESSES
export const JOB = jobIdOf(MEMBER.id, 0)
export const DIGEST = hash('sample', new Uint8Array(0))
const SPEC = { ...testSpec(ROSTER.charter, MEMBER.id), model: 'm', region: 'eu', retryOf: DIGEST }
const BLOB = { digest: DIGEST, size: 1 }

/** What a quorum of the given signers says to one body; by default three of the four witnesses. */
export function quorumBy<T>(
  swarm: SwarmId,
  kind: SignedKind<T>,
  body: T,
  signers: readonly Signer[] = WITNESSES.slice(0, 3),
): Quorum {
  const bySeat = signers.map((signer): [number, Uint8Array] => {
    return [ROSTER.witnessPosition(signer.id), sign(signer, swarm, kind, body).sig]
  })
  return quorumOf(0, WITNESSES.length, new Map(bySeat))
}

/** Every part for one swarm: signed for another one, the same parts are a replay from there. */
export function partsFor(swarm: SwarmId) {
  const signed = <T>(kind: SignedKind<T>, body: T, signer = MEMBER): Signed<T> =>
    sign(signer, swarm, kind, body)
  const move = { to: MEMBER.id, amount: 10_000n, memo: 'm' }
  const first = { seq: 0, claims: [{ source: DIGEST, index: 0 }], free: 1n }
  const entryOf = (change: Partial<Entry>, signer = MEMBER): SignedEntry => {
    const own = { account: signer.id, prev: genesisOf(swarm, signer.id) }
    return signed(ENTRY, { ...own, ...first, ops: [{ type: 'transfer', ...move }], ...change }, signer)
  }
  const paying = entryOf({
    ops: [
      { type: 'transfer', ...move },
      { type: 'open', spec: SPEC, escrow: escrowOf(SPEC) },
    ],
  })
  const minting = entryOf({ ops: [{ type: 'mint', ...move }] }, MINTER)
  const certificateOf = (entry: SignedEntry): Certificate => {
    const { account, seq } = entry.body
    const vote = { epoch: 0, account, seq, entry: entryIdOf(entry) }
    return { entry, quorum: quorumBy(swarm, { kind: VOTE.kind, body: voteCodec }, vote) }
  }
  const fork = forkProofOf(paying, entryOf({ free: 2n })) as ForkProof
  const ballotOf = (instance: InstanceId, value: Value, round = 0): Ballot => {
    return { instance, epoch: 0, round, value: valueDigestOf(value) }
  }
  const preparedOf = (ballot: Ballot): PreparedCertificate => {
    return { ballot, quorum: quorumBy(swarm, PREPARE, ballot) }
  }
  const decisionOf = (instance: InstanceId, value: Value, round = 0): Decision => {
    const quorum = quorumBy(swarm, COMMIT_BALLOT, ballotOf(instance, value, round))
    return { instance, round, value, quorum }
  }
  const newviewOf = (ballot: Ballot, round: number, signer = MINTER) =>
    signed(NEWVIEW, { instance: ballot.instance, epoch: 0, round, prepared: preparedOf(ballot) }, signer)
  const jobParts = jobPartsFor(signed)
  const values = valuesOf(swarm, signed, jobParts, entryOf({}))
  return {
    swarm,
    signed,
    entryOf,
    paying,
    minting,
    certificateOf,
    fork,
    request: signed(RESOLVE, { account: MEMBER.id, number: 0 }),
    ballotOf,
    preparedOf,
    decisionOf,
    newviewOf,
    proposalOf: (ballot: Ballot) => signed(PROPOSAL, ballot),
    ...jobParts,
    values,
  }
}

/** How a part is signed; by the member that doesn't witness unless it says otherwise. */
type Sign = <T>(kind: SignedKind<T>, body: T, signer?: Signer) => Signed<T>

function jobPartsFor(signed: Sign) {
  const offer = {
    price: 1n,
    etaMs: 1,
    model: 'm',
    modelDigest: DIGEST,
    cached: true,
    vramFreeMb: 1,
    loadMilli: 1,
    region: 'eu',
    modes: ['process' as const],
  }
  const bid = signed(BID, { job: JOB, offer, payout: MEMBER.id })
  const beacon = signed(BEACON, { job: JOB }, MINTER)
  const stored = signed(STORED, { job: JOB, prompt: DIGEST })
  const commit = signed(COMMIT, { job: JOB, step: 0, slot: 0, rank: 0, commitment: DIGEST })
  const started = [{ slot: 0, peer: MEMBER.id }]
  const seal = signed(SEAL, { job: JOB, step: 0, commits: [commit], started }, MINTER)
  const seals = [{ witness: MINTER.id, seal: sealDigestOf(seal) }]
  const run = { job: JOB, step: 0, slot: 0 }
  const reveal = signed(REVEAL, { ...run, salt: new Uint8Array(32), answer: BLOB, seals })
  const cancel = signed(CANCEL, { job: JOB })
  return { bid, beacon, stored, commit, seal, reveal, cancel }
}

/** An order that adds the member to the witnesses, which accepts. */
function orderPartsFor(swarm: SwarmId, signed: Sign) {
  const { governance } = ROSTER
  const body = { number: 1, governance: { ...governance, witnesses: [MEMBER.id], minters: [MINTER.id] } }
  const order = signTogether([MINTER], swarm, EPOCH_ORDER, body)
  return { order, accepts: [signed(ACCEPT, { number: 1, order: orderDigestOf(order) })] }
}

/** One value of every type that an agreement may decide, with the instance that it fits. */
function valuesOf(swarm: SwarmId, signed: Sign, parts: ReturnType<typeof jobPartsFor>, entry: SignedEntry) {
  const { bid, beacon, stored, seal, reveal, cancel } = parts
  const slots = [{ slot: 0, peer: MEMBER.id }]
  const span = { start: 0, end: 1 }
  const replica = {
    slot: 0,
    peer: MEMBER.id,
    rank: 0,
    payout: MEMBER.id,
    price: 1n,
    answer: BLOB,
    cluster: 0,
    outcome: 'agreed' as const,
    cosine: 1,
    findings: [{ kind: 'number' as const, own: span, other: span }],
    paid: 1n,
  }
  const result = {
    agreement: 'single' as const,
    winner: 0,
    confidence: 1,
    replicas: [replica],
    refund: 1n,
    fee: 1n,
  }
  const evidence = { epoch: 0, seals: [seal], reveals: [reveal] }
  const report = signed(LATENCY, { number: 1, peers: [{ peer: MEMBER.id, ms: 1 }] }, MINTER)
  const { account, seq, prev } = entry.body
  const all: { readonly [T in Value['type']]: readonly [InstanceId, Extract<Value, { type: T }>] } = {
    assign: [
      jobInstance(JOB, 0),
      {
        type: 'assign',
        epoch: 0,
        bids: [bid],
        operators: ['o'],
        payer: 'o',
        beacon,
        slots,
        standbys: [MEMBER.id],
        receipts: [stored],
      },
    ],
    close: [jobInstance(JOB, 1), { type: 'close', ...evidence, result, cancel }],
    again: [jobInstance(JOB, 1), { type: 'again', ...evidence, result, slots, standbys: [MEMBER.id] }],
    void: [jobInstance(JOB, 0), { type: 'void', reason: 'cancelled', cancel }],
    resolve: [resolveInstance(account, 0), { type: 'resolve', account, seq, head: prev, entries: [entry] }],
    epoch: [
      epochInstance(1),
      { type: 'epoch', ...orderPartsFor(swarm, signed), root: DIGEST, handover: DIGEST },
    ],
    trust: [
      trustInstance(1),
      { type: 'trust', number: 1, closes: [JOB], reports: [report], before: DIGEST, root: DIGEST },
    ],
  }
  return all
}

import type { Value } from '../agreement/value.ts'
import type { Signer } from '../crypto/signer.ts'
import { encodeBody } from '../encoding/body.ts'
import type { Codec } from '../encoding/codec.ts'
import { envelopeCodec } from '../encoding/envelope.ts'
import { type BodyOf, type KindName, KINDS } from '../encoding/kinds.ts'
import { sign } from '../encoding/signed.ts'
import { type InstanceId, jobInstance, type PeerId, type SwarmId } from '../ids.ts'
import { certificateFact } from '../ledger/fact.ts'
import { entryIdOf } from '../ledger/entry.ts'
import type { CertifyReply } from '../ledger/messages.ts'
import { encodeBuckets, encodeLeaves } from '../sync/closing/closing-part.ts'
import { LIMITS } from '../params.ts'
import { DIGEST, JOB, MEMBER, partsFor, ROSTER, WITNESSES } from './sample-values.ts'

type Bodies = { readonly [K in KindName]: readonly [BodyOf<K>, ...BodyOf<K>[]] }

/** Messages of every kind and every variant, each acceptable as it stands. A kind without one doesn't compile. */
function bodiesFor(swarm: SwarmId): Bodies {
  return { ...ledgerBodies(swarm), ...agreementBodies(swarm), ...jobBodies(swarm), ...syncBodies(swarm) }
}

type LedgerKind =
  | 'entry'
  | 'announce'
  | 'fork'
  | 'certify'
  | 'vote'
  | 'certify-reply'
  | 'head-query'
  | 'head-reply'
  | 'resolve'
type Of<K extends KindName> = Pick<Bodies, K>

function ledgerBodies(swarm: SwarmId): Of<LedgerKind> {
  const { paying, minting, certificateOf, decisionOf, values, fork, request } = partsFor(swarm)
  const account = MEMBER.id
  const entry = entryIdOf(paying)
  const certificate = certificateOf(minting)
  const decision = decisionOf(...values.void)
  const evidence = [certificateFact(certificate), { type: 'decision' as const, decision }]
  const replyWith = (outcome: CertifyReply['outcome']) => ({ entry, outcome })
  return {
    entry: [paying.body, minting.body],
    announce: [{ entries: [{ account, seq: 0, entry }], jobs: [{ job: JOB, step: 0 }], trust: 1 }],
    fork: [fork],
    certify: [{ epoch: 0, entry: paying, evidence }],
    vote: [{ epoch: 0, account, seq: 0, entry }],
    'certify-reply': [
      replyWith({ type: 'certified', certificate }),
      replyWith({ type: 'missing', ids: [DIGEST] }),
      replyWith({ type: 'conflict', entry: paying }),
      replyWith({ type: 'epoch', epoch: 0 }),
      replyWith({ type: 'stopped' }),
      replyWith({ type: 'reject', code: 'wrong_prev' }),
    ],
    'head-query': [{ account }],
    'head-reply': [{ account, seq: 0, entry: paying }],
    resolve: [{ request, proof: fork }],
  }
}

type AgreementKind =
  | 'propose'
  | 'prepare'
  | 'prepared'
  | 'commit'
  | 'newview-request'
  | 'newview'
  | 'promised'
  | 'refusal'
  | 'decision'
  | 'latency'
  | 'epoch-order'
  | 'epoch-accept'
  | 'epoch-collect'
  | 'epoch-report'

function agreementBodies(swarm: SwarmId): Of<AgreementKind> {
  const parts = partsFor(swarm)
  const { values, ballotOf, newviewOf, preparedOf, proposalOf, decisionOf } = parts
  const instance = jobInstance(JOB, 0)
  const ballot = ballotOf(...values.void)
  const proposed = ([of, value]: readonly [InstanceId, Value]) => {
    const newviews = [newviewOf(ballotOf(of, value), 2)]
    return { proposal: proposalOf(ballotOf(of, value, 2)), value, newviews }
  }
  const newview = newviewOf(ballot, 2)
  const refusal = { instance, epoch: 0, round: 0, code: 'guard' as const, missing: [DIGEST] }
  const { bid, reveal, paying, cancel } = parts
  const { order, accepts } = values.epoch[1]
  const [accept] = accepts
  if (accept === undefined) throw new RangeError('an order that adds a witness is accepted')
  return {
    propose: [proposed(values.assign), proposed(values.close)],
    prepare: [ballot],
    prepared: [preparedOf(ballot)],
    commit: [ballot],
    'newview-request': [{ instance, epoch: 0, round: 2, newviews: [newview] }],
    newview: [newview.body],
    promised: [{ newview, value: values.again[1] }],
    refusal: [
      { ...refusal, bids: [bid], reveals: [reveal], entries: [paying], closes: [JOB], cancels: [cancel] },
    ],
    decision: [
      decisionOf(...values.assign),
      decisionOf(...values.close),
      decisionOf(...values.again),
      decisionOf(...values.void),
      decisionOf(...values.resolve),
      decisionOf(...values.trust),
      decisionOf(...values.epoch),
    ],
    latency: [{ number: 1, peers: [{ peer: MEMBER.id, ms: 1 }] }],
    'epoch-order': [{ order, accepts, root: DIGEST }],
    'epoch-accept': [accept.body],
    'epoch-collect': [{ number: 1 }],
    'epoch-report': [{ number: 1, root: DIGEST, list: DIGEST }],
  }
}

/** A part of a handover, or of a witness's report. */
function partFor(swarm: SwarmId): BodyOf<'handover'> {
  const { paying, values, ballotOf, preparedOf } = partsFor(swarm)
  const [instance, value] = values.void
  return {
    type: 'part',
    number: 1,
    locks: [paying],
    prepared: [{ certificate: preparedOf(ballotOf(instance, value)), value }],
  }
}

type JobKind =
  | 'heartbeat'
  | 'bid'
  | 'beacon'
  | 'stage'
  | 'stored'
  | 'lease'
  | 'job-commit'
  | 'held'
  | 'seal'
  | 'reveal'
  | 'cancel'

function jobBodies(swarm: SwarmId): Of<JobKind> {
  const { bid, beacon, stored, commit, seal, reveal, cancel } = partsFor(swarm)
  const node = {
    models: [{ name: 'm', digest: DIGEST, warm: true, price: 1n }],
    vramFreeMb: 1,
    vramTotalMb: 1,
    loadMilli: 1,
    slots: 1,
    busy: 1,
    modes: ['process' as const],
    region: 'eu',
  }
  const about = { addresses: ['/a'], root: DIGEST, version: '1', rules: DIGEST, lost: false }
  return {
    heartbeat: [{ boot: 1, seq: 1, sentMs: 1, nodes: [node], ...about }],
    bid: [bid.body],
    beacon: [beacon.body],
    stage: [{ job: JOB, prompt: { digest: DIGEST, size: 1 } }],
    stored: [stored.body],
    lease: [{ job: JOB, step: 0, slot: 0, rank: 0, state: 'started', tokens: 0 }],
    'job-commit': [commit.body],
    held: [{ job: JOB, step: 0, slot: 0, commitment: DIGEST }],
    seal: [seal.body],
    reveal: [{ reveal, seals: [seal] }],
    cancel: [{ cancel }],
  }
}

type SyncKind = Exclude<KindName, LedgerKind | AgreementKind | JobKind>

function syncBodies(swarm: SwarmId): Of<SyncKind> {
  const { paying, certificateOf, decisionOf, values } = partsFor(swarm)
  const account = MEMBER.id
  const certificate = certificateFact(certificateOf(paying))
  const decision = { type: 'decision' as const, decision: decisionOf(...values.void) }
  const resolved = { account, number: 0 }
  const digests = Array.from({ length: LIMITS.buckets }, () => DIGEST)
  const buckets = encodeBuckets(digests)
  const [leaves = buckets] = encodeLeaves([
    { type: 'resolution', ...resolved, value: DIGEST, surfaced: DIGEST },
    { type: 'job', job: JOB, step: 0, value: DIGEST },
  ])
  return {
    facts: [{ facts: [certificate, decision] }],
    'sync-root': [{ root: DIGEST, epoch: 0 }],
    'sync-buckets': [{ buckets: digests }],
    'sync-leaves-request': [{ buckets: [0], after: 'a' }],
    'sync-leaves': [
      {
        buckets: [0],
        after: 'a',
        accounts: [{ account, seq: 0 }],
        jobs: [{ job: JOB, step: 0 }],
        resolved: [{ ...resolved, surfaced: true }],
        trust: 1,
      },
    ],
    'sync-fetch': [
      {
        accounts: [{ account, from: 0 }],
        jobs: [{ job: JOB, from: 0 }],
        ids: [DIGEST],
        resolved: [resolved],
        trust: 1,
        epoch: 1,
      },
    ],
    'closing-request': [{ number: 1, bucket: 0, page: 0 }],
    'closing-reply': [
      { number: 1, bucket: 0, page: 0, body: buckets },
      { number: 1, bucket: 0, page: 0, body: leaves },
    ],
    'sync-busy': [{ afterMs: 1 }],
    'handover-fetch': [{ piece: DIGEST }],
    handover: [{ type: 'list', number: 1, parts: [DIGEST] }, partFor(swarm)],
  }
}

/** A sample as it travels: its canonical body, and who says it. */
export interface Sample {
  readonly kind: KindName
  /** Kind, and a number where it has several. */
  readonly name: string
  readonly body: Uint8Array
  readonly sig: Uint8Array
  readonly signer: Signer
}

/** Witnesses' statements are a witness's, all others the member's. */
const BY_WITNESS: readonly KindName[] = ['vote', 'prepare', 'commit', 'newview', 'latency', 'beacon', 'seal']

/** Samples of all kinds, everything in them signed for `swarm`. */
export function samplesFor(swarm: SwarmId): readonly Sample[] {
  const bodies: Readonly<Record<string, readonly unknown[]>> = bodiesFor(swarm)
  return Object.entries(bodies).flatMap(([name, ofKind]) =>
    ofKind.map((body, at) => ({ ...encoded(swarm, name as KindName, body), name: `${name} ${at}` })),
  )
}

/** Any body of a kind, said by whoever says such things. */
export function sampleOf<K extends KindName>(swarm: SwarmId, kind: K, value: BodyOf<K>): Sample {
  return encoded(swarm, kind, value)
}

function encoded(swarm: SwarmId, kind: KindName, value: unknown): Sample {
  const codec = KINDS[kind].body as unknown as Codec<unknown>
  const signer = (BY_WITNESS.includes(kind) ? WITNESSES[0] : undefined) ?? MEMBER
  const body = encodeBody(codec, value)
  const sig = KINDS[kind].signed ? sign(signer, swarm, { kind, body: codec }, value).sig : new Uint8Array(0)
  return { kind, name: kind, body, sig, signer }
}

/** The sample's frame for this swarm, with whatever is to be wrong about it. */
export function frameOf({ kind, body, sig, signer }: Sample, change: Partial<FrameFields> = {}): Uint8Array {
  return encodeBody(envelopeCodec, { kind, swarm: ROSTER.swarm, signer: signer.id, body, sig, ...change })
}

interface FrameFields {
  readonly kind: KindName
  readonly swarm: SwarmId
  readonly signer: PeerId
  readonly body: Uint8Array
  readonly sig: Uint8Array
}

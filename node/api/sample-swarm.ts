import { encodeBody } from '../../protocol/encoding/body.ts'
import { type Envelope, envelopeCodec } from '../../protocol/encoding/envelope.ts'
import { blobRefOf, type Digest, type JobId, type PeerId, peerIdOf } from '../../protocol/ids.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import type { JobSpec } from '../../protocol/jobs/spec.ts'
import type { ReplicaResult } from '../../protocol/jobs/value.ts'
import type { NodeView } from '../../protocol/peer/view.ts'
import { type Charter, swarmIdOf } from '../../protocol/swarm/charter.ts'
import type { DecisionView } from './backend.ts'

/** Plain data for the tests of this room: a swarm of four, one closed job with a liar, and a running one. */

export const CREDIT = 1_000_000n
export const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5)

export function digestNamed(byte: number): Digest {
  return byte.toString(16).padStart(2, '0').repeat(32) as Digest
}

export const PEERS = [1, 2, 3, 4].map((byte) => peerIdOf(new Uint8Array(32).fill(byte))).sort()
export const [payer = PEERS[0] as PeerId, second = payer, third = payer, liar = payer] = PEERS

export const CHARTER: Charter = {
  name: 'test',
  random: new Uint8Array(32),
  operators: { keys: [payer], needed: 1 },
  founders: PEERS.map((peer, at) => ({ peer, roles: ['peer', 'witness'], operator: `operator-${at}` })),
  witnesses: PEERS,
  minters: [payer],
  treasury: second,
  admission: 'invite',
  guests: false,
  diversity: 'operator',
  params: { priorTrust: 500_000, minConfidence: 600_000, fee: 0n, maxPrice: 2n * CREDIT, trustBidders: 8 },
  rules: digestNamed(9),
}

function specOf(prompt: Uint8Array): JobSpec {
  return {
    nonce: 1,
    steward: payer,
    prompt: blobRefOf(prompt),
    model: null,
    sampling: { temperatureMilli: 0, seed: 7, maxTokens: 256 },
    comparator: 'auto',
    rules: digestNamed(9),
    replicas: 3,
    standbys: 3,
    attempts: 1,
    maxSlots: 3,
    maxPrice: 2n * CREDIT,
    minConfidence: 600_000,
    fee: CREDIT / 2n,
    treasury: second,
    trust: 0,
    coin: digestNamed(8),
    diversity: 'operator',
    visibility: 'private',
    region: null,
    mode: 'process',
    assignMs: 10_000,
    commitMs: 120_000,
    revealMs: 5_000,
    voidMs: 760_000,
    leaseMs: 1_500,
    graceMs: 500,
    retryOf: null,
  }
}

export function recordOf(job: JobId, prompt: Uint8Array): JobRecord {
  return {
    job,
    account: payer,
    spec: specOf(prompt),
    status: 'running',
    heardMs: START_MS,
    trust: null,
    openedMs: START_MS + 10,
    closedMs: null,
    cancelledMs: null,
    blame: [],
    entry: null,
    step: 0,
    bids: [],
    slots: [{ slot: 0, step: 0, peer: second, rank: 0, state: 'started', tokens: 3 }],
    standbys: [],
    result: null,
    charged: null,
    refunded: null,
    timeline: [
      { phase: 'offered', atMs: START_MS, peer: payer, slot: null, evidence: null },
      { phase: 'started', atMs: START_MS + 20, peer: second, slot: 0, evidence: digestNamed(6) },
    ],
  }
}

function replicaOf(slot: number, peer: PeerId, answer: Uint8Array): ReplicaResult {
  const isLie = peer === liar
  const span = { start: 0, end: 4 }
  return {
    slot,
    peer,
    rank: 0,
    payout: peer,
    price: CREDIT,
    answer: blobRefOf(answer),
    cluster: isLie ? 1 : 0,
    outcome: isLie ? 'outvoted' : 'agreed',
    cosine: isLie ? 123_456 : 1_000_000,
    findings: isLie ? [{ kind: 'content', own: span, other: span }] : [],
    paid: isLie ? 0n : CREDIT,
  }
}

export function closedRecord(
  job: JobId,
  prompt: Uint8Array,
  answers: readonly [Uint8Array, Uint8Array],
): JobRecord {
  const [truth, lie] = answers
  return {
    ...recordOf(job, prompt),
    status: 'completed',
    closedMs: START_MS + 900,
    step: 1,
    slots: [],
    result: {
      agreement: 'majority',
      winner: 0,
      confidence: 987_654,
      replicas: [replicaOf(0, second, truth), replicaOf(1, third, truth), replicaOf(2, liar, lie)],
      refund: 4n * CREDIT,
      fee: CREDIT / 2n,
    },
    charged: (5n * CREDIT) / 2n,
    refunded: 4n * CREDIT,
  }
}

export function nodesOf(clockMs: number): readonly NodeView[] {
  return PEERS.map((peer, at) => ({
    peer,
    operator: `operator-${at}`,
    witness: true,
    status: at === 3 ? 'offline' : 'online',
    lastSeenMs: at === 3 ? undefined : clockMs,
    heartbeat:
      at === 3
        ? undefined
        : {
            boot: 1,
            seq: 1,
            sentMs: clockMs,
            nodes: [
              {
                models: [{ name: 'reference', digest: digestNamed(5), warm: true, price: CREDIT }],
                vramFreeMb: 100,
                vramTotalMb: 200,
                loadMilli: 250,
                slots: 2,
                busy: 1,
                modes: ['process'],
                region: 'eu',
              },
            ],
            addresses: ['/ip4/127.0.0.1/tcp/9000'],
            root: digestNamed(4),
            version: '0.1.0',
            rules: digestNamed(9),
            lost: false,
          },
  }))
}

export function explanationOf(record: JobRecord): DecisionView {
  return {
    record,
    bids: PEERS.slice(1).map((peer, at) => ({
      peer,
      operator: `operator-${at + 1}`,
      price: CREDIT,
      ineligible: null,
      terms: { trust: 500_000, price: 500_000 },
      score: 35_000_000,
      tieBreak: digestNamed(at),
    })),
    elected: PEERS.slice(1),
    standbys: [],
    seed: digestNamed(7),
    steps: [
      {
        step: 0,
        value: { type: 'void', reason: 'expired', cancel: null },
        quorum: { epoch: 0, round: 0, signers: [0, 1, 3].flatMap((at) => PEERS[at] ?? []) },
        checks: [
          { what: 'signatures', holds: true },
          { what: 'reason', holds: null },
        ],
        takeovers: [],
        blame: record.blame,
      },
    ],
  }
}

/** A heartbeat's envelope in base64, whose signature nobody here checks. */
export function envelopeOf(signer: PeerId, changes: Partial<Envelope> = {}): string {
  const envelope = {
    kind: 'heartbeat',
    swarm: swarmIdOf(CHARTER),
    signer,
    body: Uint8Array.of(0xa0),
    sig: new Uint8Array(64),
    ...changes,
  }
  return Buffer.from(encodeBody(envelopeCodec, envelope)).toString('base64')
}

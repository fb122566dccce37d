import type { Decision } from '../../protocol/agreement/messages.ts'
import { quorumOf } from '../../protocol/encoding/quorum.ts'
import { blobRefOf, type Digest, jobInstance, type JobId, type PeerId, peerIdOf } from '../../protocol/ids.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import type { JobSpec } from '../../protocol/jobs/spec.ts'
import type { ReplicaResult } from '../../protocol/jobs/value.ts'
import type { Command, CommandResult, JobRequest } from '../../protocol/peer/command.ts'
import type { NodeView, PeerView } from '../../protocol/peer/view.ts'
import { type Charter } from '../../protocol/swarm/charter.ts'
import { rosterOf } from '../../protocol/swarm/roster.ts'
import type { Backend, ConnectionView, DecisionView } from './backend.ts'

/** A backend of plain data for the room's tests: four members, one closed job with a liar, one running job. */
export interface MemoryBackend extends Backend {
  readonly peers: readonly PeerId[]
  readonly closedJob: JobId
  readonly runningJob: JobId
  readonly records: Map<JobId, JobRecord>
  readonly blobs: Map<Digest, Uint8Array>
  readonly commands: Command[]
  readonly connections: ConnectionView[]
  /** What the next command is answered with instead of being carried out. */
  refusal: Extract<CommandResult, { ok: false }> | undefined
  clockMs: number
  readonly listeners: Set<(job: string | null) => void>
  notify(job: string | null): void
}

const CREDIT = 1_000_000n
const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5)

function digestNamed(byte: number): Digest {
  return byte.toString(16).padStart(2, '0').repeat(32) as Digest
}

const PEERS = [1, 2, 3, 4].map((byte) => peerIdOf(new Uint8Array(32).fill(byte))).sort()
const [payer = PEERS[0] as PeerId, second = payer, third = payer, liar = payer] = PEERS

const CHARTER: Charter = {
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
  }
}

function recordOf(job: JobId, prompt: Uint8Array): JobRecord {
  return {
    job,
    account: payer,
    spec: specOf(prompt),
    status: 'running',
    heardMs: START_MS,
    openedMs: START_MS + 10,
    closedMs: null,
    entry: null,
    step: 0,
    bids: [],
    slots: [{ slot: 0, step: 0, peer: second, state: 'started', tokens: 3 }],
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

function closedRecord(job: JobId, prompt: Uint8Array, answers: readonly [Uint8Array, Uint8Array]): JobRecord {
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

function nodesOf(clockMs: number): readonly NodeView[] {
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
            nodes: [
              {
                models: [{ name: 'reference', digest: digestNamed(5), warm: true, price: CREDIT }],
                vramFreeMb: 100,
                vramTotalMb: 200,
                loadMilli: 250,
                slots: 2,
                modes: ['process'],
                region: 'eu',
              },
            ],
            addresses: ['/ip4/127.0.0.1/tcp/9000'],
            root: digestNamed(4),
            version: '0.1.0',
            rules: digestNamed(9),
          },
  }))
}

function decisionOf(job: JobId): Decision {
  const sigs = new Map([0, 1, 3].map((position) => [position, new Uint8Array(64)]))
  return {
    instance: jobInstance(job, 0),
    round: 0,
    value: { type: 'void', reason: 'unassigned' },
    quorum: quorumOf(0, PEERS.length, sigs),
  }
}

function explanationOf(job: JobId): DecisionView {
  return {
    job,
    step: 0,
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
    quorum: { epoch: 0, round: 0, signers: PEERS.slice(0, 3) },
    verified: true,
  }
}

function viewOf(state: { records: Map<JobId, JobRecord> }): PeerView {
  const roster = rosterOf(CHARTER)
  const open = () =>
    [...state.records.values()].filter(({ status }) => status === 'running' || status === 'pending')
  const account = {
    account: payer,
    seq: 1,
    head: digestNamed(3),
    free: 90n * CREDIT,
    claimable: 1n,
    escrowed: 0n,
  }
  return {
    self: payer,
    swarm: roster.swarm,
    roster,
    ledgerRoot: () => digestNamed(4),
    supply: () => ({
      minted: 100n * CREDIT,
      free: 90n * CREDIT,
      unclaimed: CREDIT,
      escrowed: 9n * CREDIT,
      burnt: 0n,
    }),
    account: (id) => (id === payer ? account : undefined),
    accounts: () => [account],
    nodes: nodesOf,
    openJobs: open,
    job: (id) => open().find(({ job }) => job === id),
    counters: () => ({
      accepted: 12,
      dropped: { malformed: 3 },
      jobs: { completed: 1, unresolved: 0, void: 0 },
      entries: 4,
    }),
    mayFetch: () => true,
  }
}

function pageOf(records: Map<JobId, JobRecord>, query: { limit: number; cursor?: string; status?: string }) {
  const all = [...records.values()].filter(
    ({ status }) => query.status === undefined || status === query.status,
  )
  const after = query.cursor === undefined ? -1 : all.findIndex(({ job }) => job === query.cursor)
  if (query.cursor !== undefined && after < 0) return undefined
  const items = all.slice(after + 1, after + 1 + query.limit)
  const isEnd = after + 1 + query.limit >= all.length
  return { items, nextCursor: isEnd ? null : (items.at(-1)?.job ?? null) }
}

function openJob(request: JobRequest, job: JobId): JobRecord {
  const { prompt, replicas, model, visibility, mode, region, comparator } = request
  const record = recordOf(job, new Uint8Array())
  const spec = { ...record.spec, prompt, replicas, model, visibility, mode, region, comparator }
  return { ...record, spec, status: 'pending', openedMs: null, slots: [], timeline: [], step: null }
}

export function createMemoryBackend(): MemoryBackend {
  const text = (value: string) => new TextEncoder().encode(value)
  const bodies = [text('What is the capital of France?'), text('Paris.'), text('Lyon, surely.')] as const
  const closedJob = digestNamed(0xc1)
  const runningJob = digestNamed(0xa1)
  const records = new Map<JobId, JobRecord>([
    [runningJob, recordOf(runningJob, bodies[0])],
    [closedJob, closedRecord(closedJob, bodies[0], [bodies[1], bodies[2]])],
  ])
  const blobs = new Map(bodies.map((body) => [blobRefOf(body).digest, body as Uint8Array]))
  const connections: ConnectionView[] = [second, third].map((peer) => ({
    peer,
    address: '/ip4/127.0.0.1/tcp/9001',
    direction: 'outbound',
    latencyMs: 0.4,
  }))
  const backend: MemoryBackend = {
    peers: PEERS,
    closedJob,
    runningJob,
    records,
    blobs,
    connections,
    commands: [],
    refusal: undefined,
    clockMs: START_MS,
    listeners: new Set(),
    view: viewOf({ records }),
    now: () => backend.clockMs,
    notify: (job) => backend.listeners.forEach((listener) => listener(job)),
    command(command) {
      backend.commands.push(command)
      if (backend.refusal !== undefined) return Promise.resolve(backend.refusal)
      if (command.type !== 'submit-job') throw new TypeError('only jobs are offered')
      const job = digestNamed(0x10 + records.size)
      records.set(job, openJob(command.request, job))
      return Promise.resolve({ ok: true, type: 'job', job })
    },
    putBlob(bytes) {
      const blob = blobRefOf(bytes)
      blobs.set(blob.digest, bytes)
      return Promise.resolve(blob)
    },
    removeBlob(digest) {
      const isNamed = [...records.values()].some(({ spec }) => spec.prompt.digest === digest)
      if (!isNamed) blobs.delete(digest)
      return Promise.resolve()
    },
    getBlob: (digest) => Promise.resolve(blobs.get(digest)),
    history: {
      job: (id) => Promise.resolve(records.get(id)),
      jobs: (query) => Promise.resolve(pageOf(records, query)),
      decisions: (job) => Promise.resolve(job === closedJob ? [decisionOf(job)] : []),
    },
    network: { addresses: () => ['/ip4/127.0.0.1/tcp/9000'], connections: () => connections },
    subscribe(listener) {
      backend.listeners.add(listener)
      return () => backend.listeners.delete(listener)
    },
    explain: (job) => Promise.resolve(job === closedJob ? explanationOf(job) : undefined),
  }
  return backend
}

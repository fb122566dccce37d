import { foundingSnapshot } from '../../protocol/trust/snapshot.ts'
import { blobRefOf, type Digest, type JobId, type PeerId } from '../../protocol/ids.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import { NO_CHANGE, type PendingOrder } from '../../protocol/epoch/change-view.ts'
import { addedBy } from '../../protocol/epoch/order.ts'
import type { Command, CommandResult, JobRequest } from '../../protocol/peer/command.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import type { Charter } from '../../protocol/swarm/charter.ts'
import { createNobleSigner } from '../../protocol/crypto/noble-signer.ts'
import { rosterOf } from '../../protocol/swarm/live-roster.ts'
import type { Backend, ConnectionView, Ruling } from './backend.ts'
import { createMemoryControl, type MemoryControl } from './memory-control.ts'
import { createMemoryLedger, type MemoryLedger } from './memory-ledger.ts'
import {
  CHARTER,
  closedRecord,
  CREDIT,
  decisionOf,
  digestNamed,
  explanationOf,
  nodesOf,
  payer,
  PEERS,
  recordOf,
  second,
  START_MS,
  third,
} from './sample-swarm.ts'

/** A backend of plain data for the room's tests: four members, one closed job with a liar, one running job. */
export interface MemoryBackend extends Backend {
  readonly peers: readonly PeerId[]
  readonly closedJob: JobId
  readonly runningJob: JobId
  readonly records: Map<JobId, JobRecord>
  readonly blobs: Map<Digest, Uint8Array>
  readonly commands: Command[]
  /** Orders that were brought, as if some were missing that they add. */
  readonly orders: PendingOrder[]
  readonly connections: ConnectionView[]
  readonly ledger: MemoryLedger
  readonly control: MemoryControl
  /** Frames that were handed in, and what the next ones are answered with. */
  readonly injected: { readonly frame: Uint8Array; readonly from: PeerId; readonly via: string }[]
  ruling: Ruling
  /** What the next command is answered with instead of being carried out. */
  refusal: Extract<CommandResult, { ok: false }> | undefined
  clockMs: number
  readonly listeners: Set<(job: string | null) => void>
  notify(job: string | null): void
}

function viewOf(
  state: { readonly records: Map<JobId, JobRecord>; readonly orders: readonly PendingOrder[] },
  charter: Charter,
): PeerView {
  const roster = rosterOf(charter)
  const open = () =>
    [...state.records.values()].filter(({ status }) => status === 'running' || status === 'pending')
  const account = {
    account: payer,
    seq: 1,
    head: digestNamed(3),
    free: 90n * CREDIT,
    claimable: 1n,
    escrowed: 0n,
    forked: false,
  }
  return {
    self: payer,
    swarm: roster.swarm,
    roster,
    duty: () => 'active',
    change: () => NO_CHANGE,
    orders: () => state.orders,
    ledgerRoot: () => digestNamed(4),
    trust: () => ({ ...foundingSnapshot(roster.charter), root: undefined, waiting: 0 }),
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
    mayRead: () => true,
    isNews: () => true,
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

export function createMemoryBackend(changes: Partial<Charter> = {}): MemoryBackend {
  const charter = { ...CHARTER, ...changes }
  const text = (value: string) => new TextEncoder().encode(value)
  const bodies = [text('What is the capital of France?'), text('Paris.'), text('Lyon, surely.')] as const
  const closedJob = digestNamed(0xc1)
  const runningJob = digestNamed(0xa1)
  const records = new Map<JobId, JobRecord>([
    [runningJob, recordOf(runningJob, bodies[0])],
    [closedJob, closedRecord(closedJob, bodies[0], [bodies[1], bodies[2]])],
  ])
  const blobs = new Map(bodies.map((body) => [blobRefOf(body).digest, body as Uint8Array]))
  const orders: PendingOrder[] = []
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
    ledger: createMemoryLedger(),
    control: createMemoryControl(),
    injected: [],
    ruling: { verdict: 'accept', code: null },
    inject(frame, source) {
      backend.injected.push({ frame, ...source })
      return Promise.resolve(backend.ruling)
    },
    refusal: undefined,
    clockMs: START_MS,
    listeners: new Set(),
    orders,
    view: viewOf({ records, orders }, charter),
    now: () => backend.clockMs,
    notify: (job) => backend.listeners.forEach((listener) => listener(job)),
    command(command) {
      backend.commands.push(command)
      if (backend.refusal !== undefined) return Promise.resolve(backend.refusal)
      if (command.type === 'resolve') return Promise.resolve({ ok: true, type: 'requested' })
      if (command.type === 'cancel-job') {
        const record = records.get(command.job)
        if (record !== undefined) records.set(command.job, { ...record, cancelledMs: backend.clockMs })
        return Promise.resolve({ ok: true, type: 'cancelled' })
      }
      if (command.type === 'relay')
        return Promise.resolve({ ok: true, type: 'relayed', outcome: { status: 'certified' } })
      if (command.type === 'take-certificate') return Promise.resolve({ ok: true, type: 'taken' })
      if (command.type === 'revoke')
        return Promise.resolve({ ok: true, type: 'entry', entry: digestNamed(5), source: digestNamed(5) })
      if (command.type !== 'submit-job') {
        const entry = backend.ledger.sign(command, {
          account: payer,
          treasury: charter.treasury,
          atMs: backend.clockMs,
        })
        return Promise.resolve({ ok: true, type: 'entry', entry, source: entry })
      }
      const job = digestNamed(0x10 + records.size)
      records.set(job, openJob(command.request, job))
      return Promise.resolve({ ok: true, type: 'job', job })
    },
    changeEpoch(command) {
      const { roster, self } = backend.view
      if (command.type === 'order-epoch') {
        const { order } = command
        orders.push({ order, missing: addedBy(order, roster), isStopped: false })
        // Nobody decides it here.
        return new Promise(() => undefined)
      }
      const isNamed = orders.some(({ order }) => addedBy(order, roster).includes(self))
      if (isNamed) return Promise.resolve({ ok: true, type: 'accepted' })
      return Promise.resolve({ ok: false, code: 'no_order', detail: '' })
    },
    putBlob(bytes) {
      const blob = blobRefOf(bytes)
      blobs.set(blob.digest, bytes)
      return Promise.resolve(blob)
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
    swarm: {
      // Nobody checks signatures here.
      signers: [{ id: payer, sign: () => new Uint8Array(64) }],
      secretOf: (salt) => new Uint8Array(32).fill(salt[0] ?? 0),
      signerOf: createNobleSigner,
      random: (bytes) => new Uint8Array(bytes).fill(7),
      rules: charter.rules,
    },
    explain: (job) => Promise.resolve(job === closedJob ? explanationOf(job) : undefined),
  }
  return backend
}

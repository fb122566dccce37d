import { blobRefOf, type Digest, type JobId, type PeerId } from '../../protocol/ids.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import {
  type BatchRecord,
  batchItemName,
  type JobMeta,
  type Submission,
  type Ticket,
  ticketFor,
} from '../../protocol/jobs/ticket.ts'
import type { PendingOrder } from '../../protocol/epoch/change-view.ts'
import { addedBy } from '../../protocol/epoch/order.ts'
import type { Command, CommandResult } from '../../protocol/peer/command.ts'
import type { Charter } from '../../protocol/swarm/charter.ts'
import { createNobleSigner } from '../../protocol/crypto/noble-signer.ts'
import type { Backend, ConnectionView, Ruling, TokenNews } from './backend.ts'
import { createMemoryControl, type MemoryControl } from './memory-control.ts'
import { createMemoryLedger, type MemoryLedger } from './memory-ledger.ts'
import {
  CHARTER,
  closedRecord,
  digestNamed,
  explanationOf,
  payer,
  PEERS,
  recordOf,
  second,
  START_MS,
  third,
} from './sample-swarm.ts'
import { openJob, viewOf } from './memory-view.ts'

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
  /** Submissions that wait, the next one first. */
  readonly waiting: Ticket[]
  readonly metas: Map<JobId, JobMeta>
  readonly submissions: Map<Digest, Submission>
  readonly batches: Map<Digest, BatchRecord>
  /** Of two prompts, of which the first one's job is the closed one. */
  readonly batch: Digest
  readonly connections: ConnectionView[]
  readonly ledger: MemoryLedger
  readonly control: MemoryControl
  /** Frames that were handed in, and what the next ones are answered with. */
  readonly injected: { readonly frame: Uint8Array; readonly from: PeerId; readonly via: string }[]
  ruling: Ruling
  /** What the next command is answered with instead of being carried out. */
  refusal: Extract<CommandResult, { ok: false }> | undefined
  /** Whether submissions wait. */
  isFull: boolean
  clockMs: number
  readonly listeners: Set<(job: string | null) => void>
  /** Who follows the answer to which job. */
  readonly followers: Map<JobId, Set<(news: TokenNews) => void>>
  notify(job: string | null): void
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

function takeBatch(
  backend: MemoryBackend,
  command: Extract<Command, { type: 'submit-batch' }>,
): CommandResult {
  const { named, items, label, priority = 0 } = command
  const { name, content } = named
  items.forEach((item, at) => {
    const about = { name: batchItemName(name, at), content, isKnown: true, secret: content, batch: name }
    backend.waiting.push(ticketFor(item, backend.clockMs, { ...about, label, priority }))
  })
  const createdMs = backend.clockMs
  backend.batches.set(name, { content, items: items.length, label: label ?? null, priority, createdMs })
  backend.submissions.set(name, { content, job: null, withdrawn: null })
  return { ok: true, type: 'batch', batch: name }
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
  const waiting: Ticket[] = []
  const batch = digestNamed(0xb1)
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
    isFull: false,
    clockMs: START_MS,
    listeners: new Set(),
    followers: new Map(),
    orders,
    waiting,
    metas: new Map(),
    submissions: new Map([[batchItemName(batch, 0), { content: batch, job: closedJob, withdrawn: null }]]),
    batches: new Map([
      [batch, { content: batch, items: 2, label: 'both', priority: 1, createdMs: START_MS }],
    ]),
    batch,
    view: viewOf({ records, orders, waiting }, charter),
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
      if (command.type === 'submit-batch') return Promise.resolve(takeBatch(backend, command))
      if (command.type !== 'submit-job') {
        const entry = backend.ledger.sign(command, {
          account: payer,
          treasury: charter.treasury,
          atMs: backend.clockMs,
        })
        return Promise.resolve({ ok: true, type: 'entry', entry, source: entry })
      }
      const { named, label = null, priority = 0, request } = command
      if (backend.isFull) {
        const about = { isKnown: true, secret: digestNamed(9), label: label ?? undefined, priority }
        const name = named?.name ?? digestNamed(0x50 + waiting.length)
        const content = named?.content ?? digestNamed(8)
        waiting.push(ticketFor(request, backend.clockMs, { ...about, name, content }))
        return Promise.resolve({ ok: true, type: 'queued', ticket: name })
      }
      const job = digestNamed(0x10 + records.size)
      records.set(job, openJob(request, job))
      const name = named?.name ?? job
      backend.metas.set(job, { name, label, priority, batch: null, deadlineMs: null })
      if (named !== undefined) backend.submissions.set(name, { content: named.content, job, withdrawn: null })
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
      meta: (job) => Promise.resolve(backend.metas.get(job)),
      submission: (name) => Promise.resolve(backend.submissions.get(name)),
      batch: (name) => Promise.resolve(backend.batches.get(name)),
    },
    network: {
      addresses: () => ['/ip4/127.0.0.1/tcp/9000'],
      connections: () => connections,
      refusedBy: () => [],
    },
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
    followTokens(job, tell) {
      const followers = backend.followers.get(job) ?? new Set()
      backend.followers.set(job, followers.add(tell))
      return () => followers.delete(tell)
    },
    explain(job) {
      const record = job === closedJob ? records.get(job) : undefined
      return Promise.resolve(record && explanationOf(record))
    },
  }
  return backend
}

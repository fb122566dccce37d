import type { Answer, BlameEntry, Job, JobSummary, Receipt } from '../../protocol/api/job-schema.ts'
import { formatCredits } from '../../protocol/api/credits.ts'
import type { BlobRef, PeerId } from '../../protocol/ids.ts'
import type { Blame } from '../../protocol/jobs/blame-record.ts'
import type { JobRecord, SlotState, TimelineEvent } from '../../protocol/jobs/record.ts'
import { escrowOf } from '../../protocol/jobs/spec.ts'
import type { JobMeta } from '../../protocol/jobs/ticket.ts'
import type { JobResult, ReplicaResult } from '../../protocol/jobs/value.ts'
import { PPM } from '../../protocol/params.ts'
import type { Backend } from './backend.ts'
import { SERVER_LIMITS } from './limits.ts'

export function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}

export function orNull<T, R>(value: T | null, map: (value: T) => R): R | null {
  return value === null ? null : map(value)
}

/** Four digits of confidence are more than the estimate is worth; the decided figure is beside it. */
function confidenceOf(result: JobResult): number {
  return Math.round(result.confidence / 100) / 10_000
}

async function textOf(backend: Backend, blob: BlobRef | null): Promise<string | null> {
  const bytes = blob === null ? undefined : await backend.getBlob(blob.digest)
  // A byte order mark stays, since findings count from the body's first unit.
  return bytes === undefined ? null : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}

export function operatorOf(backend: Backend, peer: PeerId): string | null {
  return backend.view.roster.member(peer)?.operator ?? null
}

function timelineOf({ phase, atMs, peer, slot, evidence }: TimelineEvent): Job['timeline'][number] {
  return { phase, at: timeOf(atMs), peer, slot, evidence }
}

function slotOf(
  backend: Backend,
  { slot, step, peer, rank, state, tokens }: SlotState,
): Job['slots'][number] {
  return { slot, attempt: step, node_id: peer, operator: operatorOf(backend, peer), rank, state, tokens }
}

export function blameEntry(backend: Backend, { slot, peer, cause, led, step, evidence }: Blame): BlameEntry {
  return {
    slot,
    node_id: peer,
    operator: orNull(peer, (one) => operatorOf(backend, one)),
    cause,
    led_to: led,
    step,
    evidence: evidence.map(({ kind, signer, digest }) => ({ kind, signer, digest })),
  }
}

async function answerOf(backend: Backend, replica: ReplicaResult): Promise<Answer> {
  return { ...judgedOf(backend, replica), answer: await textOf(backend, replica.answer) }
}

/** What the verdict says of an answer, without its text. */
export function judgedOf(backend: Backend, replica: ReplicaResult): Omit<Answer, 'answer'> {
  const { slot, peer, cluster, outcome, cosine, findings, price, paid } = replica
  return {
    slot,
    node_id: peer,
    operator: operatorOf(backend, peer),
    cluster,
    outcome,
    cosine: cosine / PPM,
    findings: findings.map(({ kind, own, other }) => ({ kind, own: { ...own }, other: { ...other } })),
    price: formatCredits(price),
    paid: formatCredits(paid),
  }
}

/** Who paid and got what; nothing before the payment is certified. */
function receiptsOf(record: JobRecord): Receipt[] {
  const { account, spec, result, refunded, openedMs } = record
  if (openedMs === null) return []
  const receipt = (
    kind: Receipt['kind'],
    to: PeerId,
    amount: bigint,
    slot: number | null = null,
  ): Receipt[] =>
    amount === 0n && kind !== 'escrow' ? [] : [{ account: to, amount: formatCredits(amount), kind, slot }]
  return [
    ...receipt('escrow', account, escrowOf(spec)),
    ...(result?.replicas ?? []).flatMap(({ payout, paid, slot }) => receipt('reward', payout, paid, slot)),
    ...receipt('fee', spec.treasury, result?.fee ?? 0n),
    ...receipt('refund', account, refunded ?? 0n),
  ]
}

function commonOf(record: JobRecord, meta: JobMeta | undefined) {
  const { job, account, spec, status, result } = record
  return {
    id: job,
    status,
    created_at: timeOf(record.heardMs),
    closed_at: orNull(record.closedMs, timeOf),
    cancelled_at: orNull(record.cancelledMs, timeOf),
    payer: account,
    model: spec.model,
    replicas: spec.replicas,
    agreement: result?.agreement ?? null,
    confidence: orNull(result, confidenceOf),
    charged: orNull(record.charged, formatCredits),
    label: meta?.label ?? null,
    priority: meta?.priority ?? 0,
  }
}

function specOf({ spec }: JobRecord) {
  return {
    visibility: spec.visibility,
    comparator: spec.comparator,
    min_confidence: spec.minConfidence / PPM,
    max_price: formatCredits(spec.maxPrice),
    region: spec.region,
    execution_mode: spec.mode,
    params: {
      temperature: spec.sampling.temperatureMilli / 1_000,
      seed: spec.sampling.seed,
      max_tokens: spec.sampling.maxTokens,
    },
    escrow: formatCredits(escrowOf(spec)),
  }
}

/** Everything about a job, with those texts that this peer holds. */
export async function jobResource(
  backend: Backend,
  record: JobRecord,
  meta: JobMeta | undefined,
): Promise<Job> {
  const { spec, result } = record
  const answers = await Promise.all((result?.replicas ?? []).map((replica) => answerOf(backend, replica)))
  const winner = result?.winner ?? null
  return {
    ...commonOf(record, meta),
    ...specOf(record),
    confidence_ppm: result?.confidence ?? null,
    opened_at: orNull(record.openedMs, timeOf),
    queue: null,
    retry_of: spec.retryOf,
    continued_as: null,
    batch: meta?.batch ?? null,
    deadline_at: orNull(meta?.deadlineMs ?? null, timeOf),
    prompt: await textOf(backend, spec.prompt),
    timeline: record.timeline.map(timelineOf),
    bids: record.bids.length,
    slots: record.slots.map((slot) => slotOf(backend, slot)),
    standbys: [...record.standbys],
    output: answers.find(({ slot }) => slot === winner)?.answer ?? null,
    winner,
    answers,
    refunded: orNull(record.refunded, formatCredits),
    fee: formatCredits(result?.fee ?? spec.fee),
    receipts: receiptsOf(record),
    blame: record.blame.map((one) => blameEntry(backend, one)),
  }
}

/** The first characters by code point, so that no surrogate pair is cut in two. */
function previewOf(text: string): string {
  const { previewCharacters } = SERVER_LIMITS
  return Array.from(text.slice(0, 2 * previewCharacters))
    .slice(0, previewCharacters)
    .join('')
}

export async function jobSummary(
  backend: Backend,
  record: JobRecord,
  meta: JobMeta | undefined,
): Promise<JobSummary> {
  return {
    ...commonOf(record, meta),
    prompt_preview: orNull(await textOf(backend, record.spec.prompt), previewOf),
  }
}

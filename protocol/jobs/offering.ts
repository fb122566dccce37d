import { hash } from '../crypto/digest.ts'
import type { JobId } from '../ids.ts'
import type { Operation, SignedEntry } from '../ledger/entry.ts'
import { jobIdOf } from '../ledger/entry.ts'
import { LIMITS, TIMES } from '../params.ts'
import type { CommandFault, JobRequest } from '../peer/command.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { JobContext } from './context.ts'
import type { OpenJob } from './open-job.ts'
import type { JobRecord } from './record.ts'
import { escrowOf, type JobSpec, specFault } from './spec.ts'

/** Jobs taken up from one gossiped entry: each costs a record, a bid and its signature. */
const OFFERS_AT_ONCE = 8

export type Draft =
  | { readonly ok: true; readonly operation: Operation; readonly job: JobId }
  | { readonly ok: false; readonly code: CommandFault; readonly detail: string }

/** Models and how many independent votes offer them, from this peer's own node and the heartbeats it knows. */
export interface Market {
  readonly models: ReadonlySet<string>
  /** Distinct votes (operators, or peers, by the charter's diversity) offering this model, or, for null, any. */
  votersOffering(model: string | null, maxPrice?: bigint): number
  /** Members that have a free slot, by their own word: whatever it says, it counts once. */
  freeNodes(): number
}

/** The `open` operation for a request, checked as a witness would check it before anything is signed. */
export function draftJob(
  context: JobContext,
  request: JobRequest,
  market: Market,
  entropy: Uint8Array,
): Draft {
  const refuse = (code: CommandFault, detail: string): Draft => ({ ok: false, code, detail })
  const { model, replicas, prompt } = request
  if (!context.roster.everNamed('rules', context.rules))
    return refuse(
      'rules_unknown',
      'this swarm judges answers by rules that this program does not bring: run the version that its members run, or have the operators adopt the rules of this one',
    )
  if (prompt.size < 1 || prompt.size > LIMITS.promptBytes) {
    return refuse('prompt_out_of_range', `a prompt has 1 to ${LIMITS.promptBytes} bytes`)
  }
  if (replicas < 1 || replicas > LIMITS.replicas)
    return refuse('replicas_out_of_range', `1 to ${LIMITS.replicas} replicas`)
  const { charter, governance } = context.roster
  const { params, treasury } = governance
  const maxPrice = request.maxPrice ?? params.maxPrice
  // Whatever nodes there are or will be: it never could be opened.
  if (maxPrice < 1n) return refuse('price_too_low', 'the maximum price must be above 0')
  if (model !== null && !market.models.has(model))
    return refuse('model_unknown', `no node offers the model ${model}`)
  const offering = market.votersOffering(model)
  if (offering < replicas) {
    return refuse(
      'too_few_nodes',
      `${replicas} replicas need as many independent nodes, and ${offering} offer${offering === 1 ? 's' : ''} this model now: ask for fewer, or have more machines join`,
    )
  }
  const affordable = market.votersOffering(model, maxPrice)
  if (affordable < replicas) {
    return refuse(
      'price_too_low',
      `${replicas} replicas are wanted; ${affordable} nodes ask no more than the maximum price`,
    )
  }
  const standbys = Math.min(request.standbys, offering - replicas)
  const nonce = context.ledger.nextNonce()
  const spec: JobSpec = {
    nonce,
    steward: context.signer.id,
    prompt,
    model,
    sampling: {
      temperatureMilli: request.temperatureMilli,
      seed: request.seed ?? seedOf(nonce, entropy),
      maxTokens: request.maxTokens,
    },
    comparator: request.comparator,
    rules: context.rules,
    replicas,
    standbys,
    attempts: LIMITS.attempts,
    maxSlots: replicas + standbys,
    maxPrice,
    minConfidence: request.minConfidence ?? params.minConfidence,
    // No epoch asks less than the founding charter does (6.2).
    fee: params.fee > charter.params.fee ? params.fee : charter.params.fee,
    treasury,
    trust: context.snapshot().number,
    coin: hash('coin', entropy),
    diversity: charter.diversity,
    visibility: request.visibility,
    region: request.region,
    mode: request.mode,
    assignMs: TIMES.assignMs,
    commitMs: TIMES.commitMs,
    revealMs: TIMES.revealMs,
    voidMs: TIMES.voidMs,
    leaseMs: TIMES.leaseMs,
    graceMs: TIMES.graceMs,
    retryOf: request.retryOf ?? null,
    ...request.terms,
  }
  const escrow = escrowOf(spec)
  const fault = escrow < 1n ? 'escrow_mismatch' : specFault(spec, escrow)
  if (fault !== undefined) return refuse('price_too_low', 'the maximum price must be above 0')
  return { ok: true, operation: { type: 'open', spec, escrow }, job: jobIdOf(context.signer.id, nonce) }
}

/** One seed for all replicas of a job, so that a deterministic model gives them the same answer. */
function seedOf(nonce: number, entropy: Uint8Array): number {
  const digest = hash('sampling', Uint8Array.of(nonce & 0xff, ...entropy))
  return Number.parseInt(digest.slice(0, 8), 16)
}

/** A job as first heard of. */
export function pendingRecord(
  job: JobId,
  account: JobRecord['account'],
  spec: JobSpec,
  now: number,
): JobRecord {
  return {
    job,
    account,
    spec,
    status: 'pending',
    heardMs: now,
    openedMs: null,
    closedMs: null,
    entry: null,
    step: null,
    cancelledMs: null,
    bids: [],
    trust: null,
    slots: [],
    standbys: [],
    result: null,
    blame: [],
    charged: null,
    refunded: null,
    timeline: [],
  }
}

/** Takes up the jobs that a signed entry opens; those known or settled already are left alone. */
export function takeUp(
  context: JobContext,
  out: Outbox,
  entry: SignedEntry,
  settled: (job: JobId) => boolean,
): readonly OpenJob[] {
  const { account, ops } = entry.body
  // The rest of a large batch is taken up once it is certified; before, it costs its sender nothing.
  return ops.slice(0, OFFERS_AT_ONCE).flatMap((operation) => {
    if (operation.type !== 'open') return []
    const job = jobIdOf(account, operation.spec.nonce)
    const known = context.book.get(job)
    if (known !== undefined) return [known]
    if (settled(job) || specFault(operation.spec, operation.escrow) !== undefined) return []
    const open = context.book.add(out, pendingRecord(job, account, operation.spec, out.now))
    if (open === undefined) return []
    context.book.note(out, open, 'offered', { peer: account })
    context.book.save(out, open)
    return [open]
  })
}

import type { Decision } from '../agreement/messages.ts'
import { encodeDecision, valueDigestOf } from '../agreement/messages.ts'
import { chainedValue } from '../sync/leaves.ts'
import { parseJobInstance } from '../ids.ts'
import { indexSettlement } from '../ledger/fact-index.ts'
import type { ApplyResult, OpenedJob } from '../ledger/ledger.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import type { Roster } from '../swarm/roster.ts'
import { voterOf } from '../swarm/voter.ts'
import type { JobDecided } from '../trust/outcomes.ts'
import { blameOf } from './blame.ts'
import { BLAME_MAX } from './blame-record.ts'
import { noteCancel } from './cancel.ts'
import type { JobContext } from './context.ts'
import { fillFrom } from './filling.ts'
import type { JobHead, JobHeads } from './job-heads.ts'
import { pendingRecord } from './offering.ts'
import { type Attempt, type AttemptSlot, type OpenJob, openJobOf } from './open-job.ts'
import { closeOutputs, voidOutputs } from './settlement.ts'
import { type AssignValue, type CloseValue, isJobValue, type JobValue, type SlotAssignment } from './value.ts'

/** Whether a value may stand at a step of the chain at all; a quorum that says otherwise is above f liars. */
function fitsStep(value: JobValue, step: number): boolean {
  if (value.type === 'void') return true
  return step === 0 ? value.type === 'assign' : value.type !== 'assign'
}

function endOf(value: JobValue): JobHead['end'] {
  switch (value.type) {
    case 'assign':
    case 'again':
      return null
    case 'void':
      return 'void'
    case 'close':
      return value.result.winner === null ? 'unresolved' : 'completed'
  }
}

/**
 * Applies a decision to its job's chain, whoever brought it: the head, the money and this peer's picture of
 * the job change in one batch. A step is applied only on top of the one before it.
 */
export function applyDecision(
  context: JobContext,
  heads: JobHeads,
  out: Outbox,
  decision: Decision,
): ApplyResult {
  const parsed = parseJobInstance(decision.instance)
  if (parsed === undefined) return { status: 'contradiction' }
  const { job, step } = parsed
  const head = heads.get(job)
  const value = valueDigestOf(decision.value)
  if (head !== undefined && head.step >= step) {
    return { status: head.step === step && head.value !== value ? 'contradiction' : 'known' }
  }
  const opened = context.ledger.opened(job)
  if (step > (head?.step ?? -1) + 1 || opened === undefined) return { status: 'missing', ids: [job] }
  const { value: decided } = decision
  if (!isJobValue(decided) || !fitsStep(decided, step)) return { status: 'contradiction' }
  const open = context.book.get(job) ?? adopt(context, out, opened)
  const end = endOf(decided)
  if (end !== null) {
    const outputs = outputsOf(open, opened, decided)
    const settled = context.ledger.creditJob(out, job, outputs)
    if (settled.status !== 'applied') return settled
    indexSettlement(out, { job, step }, [opened.account, ...outputs.map(({ to }) => to)])
  }
  heads.set(out, job, { step, value, chain: chainedValue(head?.chain ?? null, value), end })
  out.write(keys.decision(job, step), encodeDecision(decision))
  enact(context, out, open, { step, value: decided, evidence: value })
  // The attempt is in the batch of the decision that began it: a crash keeps both or neither.
  if (end === null) context.book.save(out, open)
  return { status: 'applied' }
}

/** A decision as trust counts it: by the witnesses of the epoch that it names; undefined for one of no job. */
export function decidedOf(
  roster: Roster,
  { instance, value }: Decision,
  { account, spec }: OpenedJob,
): JobDecided | undefined {
  const parsed = parseJobInstance(instance)
  if (parsed === undefined || !isJobValue(value)) return undefined
  const epoch = value.type === 'void' ? roster.epoch : (roster.epochOf(value.epoch) ?? roster.epoch)
  return { ...parsed, account, spec, value, counting: epoch.sizes.counting }
}

function outputsOf(open: OpenJob, opened: OpenedJob, value: JobValue) {
  return value.type === 'close' ? closeOutputs(open, value.result) : voidOutputs(open, opened.escrow)
}

/** A job known only by its certified `open`, as after catching up; without a place in the book it is held for this event alone. */
export function adopt(context: JobContext, out: Outbox, opened: OpenedJob): OpenJob {
  const record = pendingRecord(opened.job, opened.account, opened.spec, out.now)
  const open = context.book.add(out, record) ?? openJobOf(record)
  markOpened(context, out, open, opened)
  return open
}

export function markOpened(context: JobContext, out: Outbox, open: OpenJob, opened: OpenedJob): void {
  if (open.escrow !== undefined) return
  open.escrow = opened.escrow
  context.book.update(open, { status: 'bidding', openedMs: out.now, entry: opened.entry })
  context.book.note(out, open, 'opened', { peer: opened.account, evidence: opened.entry })
  context.book.save(out, open)
}

interface Enacted {
  readonly step: number
  readonly value: JobValue
  readonly evidence: JobHead['value']
}

function enact(context: JobContext, out: Outbox, open: OpenJob, { step, value, evidence }: Enacted): void {
  const { book, roster } = context
  const epoch = value.type === 'void' ? undefined : roster.epochOf(value.epoch)
  const { counting } = (epoch ?? roster.epoch).sizes
  const said = blameOf({ job: open.job, step, value, digest: evidence, counting, attempt: open.attempt })
  book.update(open, { step, blame: [...open.record.blame, ...said].slice(0, BLAME_MAX) })
  switch (value.type) {
    case 'assign':
      assigned(context, out, open, step, value)
      return book.note(out, open, 'assigned', { evidence })
    case 'again':
      fillFrom(context, out, open, value)
      begin(context, out, open, { ...value, step })
      open.earlier = value.result.replicas
      book.update(open, { result: value.result })
      return book.note(out, open, 'assigned', { evidence })
    case 'close':
      closed(context, out, open, value)
      return finish(context, out, open, evidence)
    case 'void':
      if (value.cancel !== null) noteCancel(context, out, open, value.cancel)
      book.update(open, { status: 'void', closedMs: out.now, charged: 0n, refunded: open.escrow ?? 0n })
      return finish(context, out, open, evidence)
  }
}

function assigned(context: JobContext, out: Outbox, open: OpenJob, step: number, value: AssignValue): void {
  const { diversity } = open.record.spec
  open.payees = value.bids.map(({ signer, body }, at) => ({
    peer: signer,
    price: body.offer.price,
    payout: body.payout,
    voter: voterOf(diversity, signer, value.operators[at]),
    operator: value.operators[at] ?? null,
  }))
  open.holders = value.receipts.map(({ signer }) => signer)
  const bids = value.bids.map(({ signer, body }) => ({ peer: signer, offer: body.offer }))
  context.book.update(open, { bids, standbys: value.standbys })
  takeTrust(context, open)
  begin(context, out, open, { ...value, step })
}

/**
 * Takes over what the election read of its bidders: verdicts of all attempts weigh by it, however long they
 * take and whichever snapshots are forgotten meanwhile.
 */
export function takeTrust(context: JobContext, open: OpenJob): void {
  const snapshot = context.snapshotAt(open.record.spec.trust)
  if (snapshot === undefined) return
  const operators = new Map(open.payees.map(({ peer, operator }) => [peer, operator]))
  const trust = open.record.bids.map(({ peer, offer }) => {
    const operator = operators.get(peer) ?? undefined
    const { trust: bound, latencyMs } = snapshot.row({ peer, operator }, offer.modelDigest)
    return { peer, trust: bound, latencyMs: latencyMs ?? null }
  })
  context.book.update(open, { trust })
}

function begin(
  context: JobContext,
  out: Outbox,
  open: OpenJob,
  {
    step,
    epoch,
    slots,
    standbys,
  }: Pick<Attempt, 'step' | 'epoch' | 'standbys'> & { readonly slots: readonly SlotAssignment[] },
): void {
  const attempt: Attempt = {
    step,
    epoch,
    slots: slots.flatMap(({ slot, peer }): AttemptSlot[] => {
      const payee = open.payees.find((one) => one.peer === peer)
      return payee === undefined ? [] : [{ slot, ...payee }]
    }),
    standbys,
    assignedMs: out.now,
    commits: new Map(),
    leases: new Map(),
    watchedMs: out.now,
    seals: new Map(),
    sealedMs: undefined,
    reveals: new Map(),
    bodies: new Set(open.attempt?.bodies),
    readyMs: undefined,
  }
  open.attempt = attempt
  const states = slots.map(({ slot, peer }) => ({
    slot,
    step,
    peer,
    rank: 0,
    state: 'assigned' as const,
    tokens: 0,
  }))
  context.book.update(open, { status: 'running', slots: [...open.record.slots, ...states] })
}

function closed(context: JobContext, out: Outbox, open: OpenJob, value: CloseValue): void {
  const { result } = value
  fillFrom(context, out, open, value)
  if (value.cancel !== null) noteCancel(context, out, open, value.cancel)
  const status = result.winner === null ? 'unresolved' : 'completed'
  const charged = (open.escrow ?? 0n) - result.refund
  context.book.update(open, { status, result, closedMs: out.now, charged, refunded: result.refund })
}

function finish(context: JobContext, out: Outbox, open: OpenJob, evidence: JobHead['value']): void {
  context.book.note(out, open, 'closed', { evidence })
  context.book.close(out, open)
}

import { hash } from '../crypto/digest.ts'
import { encodeBody } from '../encoding/body.ts'
import { digest, list, struct, uint } from '../encoding/codec.ts'
import type { Signed } from '../encoding/signed.ts'
import { type Judgement, NO_ITEMS, WAITING } from '../agreement/instance-rules.ts'
import type { Digest, JobId, PeerId } from '../ids.ts'
import type { AnswerRef } from '../peer/effect.ts'
import type { Outbox } from '../peer/outbox.ts'
import { cancelItems, isCancelOf } from './cancel.ts'
import type { JobContext } from './context.ts'
import { countedCommits, fittingSeals, opens } from './counting.ts'
import { type Reveal, type Seal, sealDigestOf } from './messages.ts'
import type { Attempt, OpenJob } from './open-job.ts'
import { sealersOf } from './sealers.ts'
import { type NextAttempt, nextAttempt, settle, type SlotAnswer, slotAnswers } from './settlement.ts'
import { type AgainValue, type CloseValue, type JobResult, resultCodec } from './value.ts'

type Evidence = Pick<CloseValue, 'epoch' | 'seals' | 'reveals'>

/** Structure of a close's evidence: a quorum of seals of this attempt, one each, and reveals that rest on the same seals. */
function evidenceIsValid(
  context: JobContext,
  open: OpenJob,
  attempt: Attempt,
  { epoch, seals, reveals }: Evidence,
): boolean {
  if (epoch !== attempt.epoch) return false
  const own = new Map(seals.map((seal) => [seal.signer, sealDigestOf(seal)]))
  if (fittingSeals(context, open, attempt, seals).length !== seals.length) return false
  if (own.size < sealersOf(context.roster, attempt).sizes.quorum) return false
  if (new Set(reveals.map(({ signer }) => signer)).size !== reveals.length) return false
  const counted = countedCommits(context, open, attempt, seals)
  return reveals.every((reveal) => {
    const commit = counted.get(reveal.signer)
    if (commit === undefined || reveal.body.job !== open.job || !opens(reveal, commit)) return false
    // A witness that shows two seals could have let a copier in after a reveal (6.7).
    return reveal.body.seals.every(({ witness, seal }) => (own.get(witness) ?? seal) === seal)
  })
}

const answerSet = struct({ answers: list(struct({ slot: uint(), answer: digest() }), { max: 64 }) })

function keyOf(slots: readonly SlotAnswer[]): Digest {
  const answers = slots.flatMap(({ slot, answer }) =>
    answer === null ? [] : [{ slot, answer: answer.digest }],
  )
  return hash('answers', encodeBody(answerSet, { answers }))
}

export function verdictToken(job: JobId, key: Digest): string {
  return `verdict/${job}/${key}`
}

/**
 * What each bidder's vote weighs: its trust in the snapshot that the job names. Undefined while that snapshot
 * isn't here; where it is long gone, because this peer was away, others have to judge the job.
 */
function weightsOf({ record }: OpenJob): ReadonlyMap<PeerId, number> | undefined {
  return record.trust === null ? undefined : new Map(record.trust.map(({ peer, trust }) => [peer, trust]))
}

/** Asks the host to judge these answers, once for each set. */
function requestVerdict(out: Outbox, open: OpenJob, slots: readonly SlotAnswer[]): void {
  const weights = weightsOf(open)
  if (weights === undefined) return
  const voters = new Map(open.payees.map(({ peer, voter }) => [peer, voter]))
  const answers: readonly AnswerRef[] = slots.flatMap(({ slot, peer, answer }) =>
    answer === null ? [] : [{ slot, answer, voter: voters.get(peer) ?? peer, trust: weights.get(peer) ?? 0 }],
  )
  const token = verdictToken(open.job, keyOf(slots))
  if (open.asked.has(token)) return
  open.asked.add(token)
  out.emit({ type: 'compute', token, answers, comparator: open.record.spec.comparator })
}

/** The result that follows from this evidence; undefined while its verdict is being computed. */
function resultOf(out: Outbox, open: OpenJob, reveals: readonly Signed<Reveal>[]): JobResult | undefined {
  const { spec } = open.record
  const slots = slotAnswers(open, reveals)
  if (slots.every(({ answer }) => answer === null)) return settle(spec, open.escrow ?? 0n, slots, undefined)
  const computed = open.verdicts.get(keyOf(slots))
  if (computed !== undefined) return settle(spec, open.escrow ?? 0n, slots, computed.verdict)
  requestVerdict(out, open, slots)
  return undefined
}

/** Everything a close needs is here: a quorum of seals, and every counted commit revealed or its time over. */
export function closeEvidence(context: JobContext, open: OpenJob, now: number): Evidence | undefined {
  const { attempt } = open
  if (attempt === undefined || open.escrow === undefined) return undefined
  const named = new Map<PeerId, Set<Digest>>()
  for (const { body } of attempt.reveals.values()) {
    for (const { witness, seal } of body.seals)
      named.set(witness, (named.get(witness) ?? new Set()).add(seal))
  }
  // A witness that showed a runner another seal than this peer has sealed twice: no judge would take it.
  const once = (seal: Signed<Seal>) =>
    [...(named.get(seal.signer) ?? [])].every((digest) => digest === sealDigestOf(seal))
  const held = fittingSeals(context, open, attempt, [...attempt.seals.values()]).filter(once)
  const seals = held.toSorted((a, b) => (a.signer < b.signer ? -1 : 1))
  if (seals.length < sealersOf(context.roster, attempt).sizes.quorum || attempt.sealedMs === undefined)
    return undefined
  const counted = countedCommits(context, open, attempt, seals)
  const reveals = [...attempt.reveals.values()]
    .filter((reveal) => {
      const commit = counted.get(reveal.signer)
      return commit !== undefined && opens(reveal, commit) && attempt.bodies.has(reveal.body.answer.digest)
    })
    .sort((a, b) => (a.signer < b.signer ? -1 : 1))
  if (reveals.length < counted.size && now < attempt.sealedMs + open.record.spec.revealMs) return undefined
  return { epoch: attempt.epoch, seals, reveals }
}

/** A close, or a further attempt, that this peer could propose now. */
export function buildClose(
  context: JobContext,
  out: Outbox,
  open: OpenJob,
): CloseValue | AgainValue | undefined {
  const evidence = closeEvidence(context, open, out.now)
  if (evidence === undefined) return undefined
  const result = resultOf(out, open, evidence.reveals)
  if (result === undefined) return undefined
  const next = nextAttempt(open, result, assigners(context, evidence))
  if (next.slots.length === 0 || open.cancel !== undefined)
    return { type: 'close', ...evidence, result, cancel: open.cancel ?? null }
  return { type: 'again', ...evidence, result, ...next }
}

/** The witnesses of the epoch that assigned the job. */
function assigners({ roster }: JobContext, { epoch }: Pick<Evidence, 'epoch'>): readonly PeerId[] {
  return (roster.epochOf(epoch) ?? roster.epoch).witnesses
}

/** Judges a close by recomputing it (6.8). Bodies it lacks are fetched by `lacking` first. */
export function judgeClose(
  context: JobContext,
  out: Outbox,
  open: OpenJob,
  value: CloseValue | AgainValue,
  lacking: (reveals: readonly Signed<Reveal>[]) => boolean,
): Judgement {
  const { attempt } = open
  if (attempt === undefined) return { verdict: 'missing', ids: [open.job] }
  if (open.record.spec.rules !== context.rules) return WAITING
  if (!evidenceIsValid(context, open, attempt, value)) return { verdict: 'not_valid' }
  // Guards first: they cost little, and a proposer can't make us judge every subset of the answers.
  // A close says so, too: runners that were told to stop are not to be taken for slow.
  const cancelled = value.type === 'again' || value.cancel === null ? cancelItems(open) : undefined
  if (cancelled !== undefined) return { verdict: 'guard', items: cancelled }
  const guarded = closeGuards(context, open, attempt, value, out.now)
  if (guarded.verdict !== 'prepare') return guarded
  if (lacking(value.reveals)) return { verdict: 'wait' }
  const result = resultOf(out, open, value.reveals)
  if (result === undefined) return { verdict: 'wait' }
  const same =
    hash('result', encodeBody(resultCodec, result)) === hash('result', encodeBody(resultCodec, value.result))
  const next = nextAttempt(open, result, assigners(context, value))
  return { verdict: same && goesOnWith(open, value, next) ? 'prepare' : 'not_valid' }
}

/** Whether a value goes on as it has to: with the next attempt, unless there is none or the payer wants none. */
function goesOnWith(open: OpenJob, value: CloseValue | AgainValue, next: NextAttempt): boolean {
  if (value.type === 'close') {
    return value.cancel === null ? next.slots.length === 0 : isCancelOf(open, value.cancel)
  }
  return (
    next.slots.length === value.slots.length &&
    next.slots.every(
      ({ slot, peer }, at) => value.slots[at]?.slot === slot && value.slots[at]?.peer === peer,
    ) &&
    next.standbys.length === value.standbys.length &&
    next.standbys.every((peer, at) => value.standbys[at] === peer)
  )
}

function closeGuards(
  context: JobContext,
  open: OpenJob,
  attempt: Attempt,
  value: Evidence,
  now: number,
): Judgement {
  const counted = countedCommits(context, open, attempt, value.seals)
  const shown = new Set(value.reveals.map(({ signer }) => signer))
  const withheld = [...attempt.reveals.values()].filter((reveal) => {
    const commit = counted.get(reveal.signer)
    // One whose body can't be had is not withheld by the proposer but by its runner.
    const held = attempt.bodies.has(reveal.body.answer.digest)
    return commit !== undefined && held && opens(reveal, commit) && !shown.has(reveal.signer)
  })
  if (withheld.length > 0) return { verdict: 'guard', items: { ...NO_ITEMS, reveals: withheld } }
  const timeOver = attempt.sealedMs !== undefined && now >= attempt.sealedMs + open.record.spec.revealMs
  return shown.size >= counted.size || timeOver ? { verdict: 'prepare' } : WAITING
}

import { TOLD_SLOT } from '../api/socket-messages.ts'
import { equalBytes } from '../encoding/bytes.ts'
import { sign } from '../encoding/signed.ts'
import type { Signed } from '../encoding/signed.ts'
import type { BlobRef, PeerId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import type { Outbox } from '../peer/outbox.ts'
import { belongs, countedCommits, fittingSeals, isSame, opens } from './counting.ts'
import { type JobContext, deciders } from './context.ts'
import { type Commit, type Reveal, type Seal, SEAL, sealDigestOf } from './messages.ts'
import type { Attempt, OpenJob } from './open-job.ts'
import { sealMs } from './leases.ts'
import { electedIn } from './ranks.ts'
import type { SlotState } from './record.ts'
import { sealersOf } from './sealers.ts'

/** A witness holds the first commit of each runner until it has sealed; afterwards it answers with its seal. */
export function holdCommit(
  context: JobContext,
  out: Outbox,
  open: OpenJob,
  attempt: Attempt,
  message: MessageOf<'job-commit'>,
): void {
  const { signer, body, bytes, sig } = message
  const commit: Signed<Commit> = { signer, body, bytes, sig }
  if (body.job !== open.job || !belongs(attempt, commit)) return
  const mine = attempt.seals.get(context.signer.id)
  if (mine !== undefined) return out.sendSigned(signer, 'seal', mine)
  const held = attempt.commits.get(signer)
  if (held !== undefined) {
    if (isSame(held, commit)) acknowledge(context, out, attempt, commit)
    return
  }
  attempt.commits.set(signer, commit)
  showSlot(context, open, { ...body, peer: signer, state: 'committed' })
  context.book.note(out, open, 'committed', { peer: signer, slot: body.slot, evidence: body.commitment })
  if (!isAwaited(context, attempt, commit)) context.book.show(out, open)
  else context.book.save(out, open)
  sealIfDue(context, out, open, attempt)
  acknowledge(context, out, attempt, commit)
}

/**
 * Whether somebody waits for this peer's word that it holds a commit. Of a sealer that is the runner whose answer is told
 * while it is made (6.12); the others hear its seal, which has the commits that it holds by then. A sealer that may have
 * sealed before and has forgotten it, and so never seals this attempt, promises nothing. Of a steward that doesn't witness
 * it says no more than that the commit needn't be repeated.
 */
function isAwaited(context: JobContext, attempt: Attempt, { body }: Signed<Commit>): boolean {
  const { signer, roster } = context
  if (!sealersOf(roster, attempt).isSealer(signer.id)) return true
  return body.slot === TOLD_SLOT && !hasForgotten(context, attempt)
}

/** Leaves once the record with the commit is synced, like all that follows from it. */
function acknowledge(context: JobContext, out: Outbox, attempt: Attempt, commit: Signed<Commit>): void {
  const { job, step, slot, commitment } = commit.body
  if (isAwaited(context, attempt, commit)) out.send(commit.signer, 'held', { job, step, slot, commitment })
}

/** Whether this peer may have sealed an attempt that its store knows no seal of: it signs none. */
function hasForgotten({ duty }: JobContext, attempt: Attempt): boolean {
  return !duty.active || (duty.anewAfter !== undefined && attempt.epoch <= duty.anewAfter)
}

/** Seals when all that can still be waited for is here, or its time is over (`sealMs`). */
export function sealIfDue(context: JobContext, out: Outbox, open: OpenJob, attempt: Attempt): void {
  if (out.now >= sealMs(open, attempt)) seal(context, out, open, attempt)
}

/**
 * Signs this witness's one seal of the attempt. It is in the job's record, which is written before the seal
 * leaves; a witness that crashed before that has sent nothing, one that crashed after repeats the same seal.
 */
export function seal(context: JobContext, out: Outbox, open: OpenJob, attempt: Attempt): void {
  const { signer, roster, duty, book } = context
  if (duty.stopped || attempt.seals.has(signer.id)) return
  if (!sealersOf(roster, attempt).isSealer(signer.id) || hasForgotten(context, attempt)) return
  const commits = [...attempt.commits.values()].sort((a, b) => (a.signer < b.signer ? -1 : 1))
  const started = [...attempt.leases]
    .map(([peer, { slot }]) => ({ slot, peer }))
    .sort((a, b) => a.slot - b.slot || (a.peer < b.peer ? -1 : 1))
  const signed = sign(signer, roster.swarm, SEAL, { job: open.job, step: attempt.step, commits, started })
  attempt.seals.set(signer.id, signed)
  attempt.sealedMs = out.now
  book.note(out, open, 'sealed', { peer: signer.id, evidence: sealDigestOf(signed) })
  book.update(open, { status: 'verifying' })
  book.save(out, open)
  for (const peer of sealAudience(context, open, attempt)) out.sendSigned(peer, 'seal', signed)
}

/** Runners need the seals to reveal, and standbys to see that there is nothing left to take over. */
function sealAudience(context: JobContext, open: OpenJob, attempt: Attempt): ReadonlySet<PeerId> {
  const audience = new Set<PeerId>([...deciders(context, open), ...electedIn(attempt)])
  audience.delete(context.signer.id)
  return audience
}

/** Keeps the first seal of each witness. */
export function holdSeal(
  context: JobContext,
  out: Outbox,
  open: OpenJob,
  attempt: Attempt,
  message: MessageOf<'seal'>,
): void {
  const { signer, body, bytes, sig } = message
  const { isSealer, sizes } = sealersOf(context.roster, attempt)
  if (!isSealer(signer) || body.job !== open.job || body.step !== attempt.step) return
  if (attempt.seals.has(signer)) return
  attempt.seals.set(signer, { signer, body, bytes, sig })
  context.book.note(out, open, 'sealed', { peer: signer })
  if (attempt.seals.size >= sizes.quorum) attempt.sealedMs ??= out.now
  context.book.show(out, open)
}

/**
 * Accepts a reveal of a counted commit until `revealMs` after this witness's own seal (6.7), and fetches its
 * body. The seals that it shows are kept: they may be the quorum that this peer still lacks. `wasInTime`: a witness says
 * that it came to it in time, and so refuses closes without it.
 */
export function holdReveal(
  context: JobContext,
  out: Outbox,
  open: OpenJob,
  attempt: Attempt,
  message: Pick<MessageOf<'reveal'>, 'body'>,
  wasInTime = false,
): void {
  const { reveal, seals } = message.body
  const { slot } = reveal.body
  if (attempt.reveals.has(reveal.signer) || reveal.body.job !== open.job || reveal.body.step !== attempt.step)
    return
  const shown = fittingSeals(context, open, attempt, seals).map((seal) => heldOf(attempt, seal))
  const { quorum } = sealersOf(context.roster, attempt).sizes
  if (shown.length < quorum || !names(reveal, shown)) return
  const commit = countedCommits(context, open, attempt, shown).get(reveal.signer)
  if (commit === undefined || !opens(reveal, commit)) return
  for (const one of shown) if (!attempt.seals.has(one.signer)) attempt.seals.set(one.signer, one)
  if (attempt.seals.size >= quorum) attempt.sealedMs ??= out.now
  if (attempt.sealedMs === undefined) return
  if (!wasInTime && out.now > attempt.sealedMs + open.record.spec.revealMs) return
  attempt.reveals.set(reveal.signer, reveal)
  context.book.update(open, { status: 'verifying' })
  showSlot(context, open, { ...commit.body, peer: reveal.signer, state: 'revealed' })
  context.book.note(out, open, 'revealed', { peer: reveal.signer, slot, evidence: reveal.body.answer.digest })
  context.book.show(out, open)
  fetchAnswer(context, out, open, reveal.body.answer, reveal.signer)
}

/** The same seal as it is held here, whose digest is known. */
function heldOf({ seals }: Attempt, seal: Signed<Seal>): Signed<Seal> {
  const held = seals.get(seal.signer)
  return held !== undefined && equalBytes(held.bytes, seal.bytes) ? held : seal
}

/** Whether a reveal names exactly the seals that are shown with it: what it names, a close is held against. */
function names(reveal: Signed<Reveal>, shown: readonly Signed<Seal>[]): boolean {
  const named = new Map(reveal.body.seals.map(({ witness, seal: digest }) => [witness, digest]))
  if (named.size !== shown.length || reveal.body.seals.length !== shown.length) return false
  return shown.every((one) => named.get(one.signer) === sealDigestOf(one))
}

/** Brings an answer here: from its runner, or from whoever judges it too. */
export function fetchAnswer(
  context: JobContext,
  out: Outbox,
  open: OpenJob,
  answer: BlobRef,
  author: PeerId,
): void {
  const token = `answer/${open.job}/${answer.digest}`
  if (open.asked.has(token) || open.attempt?.bodies.has(answer.digest) === true) return
  open.asked.add(token)
  const from = [...new Set([author, open.record.spec.steward, ...context.roster.epoch.witnesses])]
  out.emit({ type: 'fetch', token, job: open.job, blob: answer, from, care: 'plain' })
}

type Shown = Pick<SlotState, 'slot' | 'peer' | 'rank' | 'state'> & Partial<Pick<SlotState, 'tokens'>>

/** How far a runner's word brings its slot. A slot shows its lowest rank that has answered, or else its newest runner. */
const REACHED: Readonly<Record<SlotState['state'], number>> = {
  assigned: 0,
  started: 0,
  failed: 0,
  committed: 1,
  revealed: 2,
}

/** Shows what a runner did in the slot's line of the job's record; false if somebody else's part is shown there. */
export function showSlot({ book }: JobContext, open: OpenJob, shown: Shown): boolean {
  const before = open.record.slots.find(({ slot }) => slot === shown.slot)
  if (before === undefined || !supersedes(shown, before)) return false
  const slots = open.record.slots.map((one) => (one === before ? { ...before, ...pick(shown, before) } : one))
  book.update(open, { slots })
  return true
}

function supersedes(shown: Shown, before: SlotState): boolean {
  const [now, reached] = [REACHED[shown.state], REACHED[before.state]]
  if (now !== reached || shown.peer === before.peer) return now >= reached
  return now === 0 ? shown.rank >= before.rank : shown.rank < before.rank
}

function pick({ peer, rank, state, tokens }: Shown, before: SlotState): Omit<SlotState, 'slot' | 'step'> {
  return { peer, rank, state, tokens: tokens ?? before.tokens }
}

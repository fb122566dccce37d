import { sign } from '../encoding/signed.ts'
import type { Signed } from '../encoding/signed.ts'
import type { JobId, PeerId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import type { Outbox } from '../peer/outbox.ts'
import { belongs, countedCommits, opens } from './close.ts'
import { type JobContext, deciders } from './context.ts'
import { type Commit, type Reveal, SEAL, sealDigestOf } from './messages.ts'
import type { Attempt, OpenJob } from './open-job.ts'

export function sealTimer(job: JobId): string {
  return `job/seal/${job}`
}

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
  if (attempt.commits.has(signer)) return
  attempt.commits.set(signer, commit)
  context.book.update(open, { slots: withState(open, body.slot, 'committed') })
  context.book.note(out, open, 'committed', { peer: signer, slot: body.slot, evidence: body.commitment })
  if (attempt.commits.size >= attempt.slots.length) seal(context, out, open, attempt)
  else context.book.save(out, open)
}

/**
 * Signs this witness's one seal of the attempt. It is in the job's record, which is written before the seal
 * leaves; a witness that crashed before that has sent nothing, one that crashed after repeats the same seal.
 */
export function seal(context: JobContext, out: Outbox, open: OpenJob, attempt: Attempt): void {
  const { signer, roster, book } = context
  if (!roster.isWitness(signer.id) || attempt.seals.has(signer.id)) return
  const commits = [...attempt.commits.values()].sort((a, b) => (a.signer < b.signer ? -1 : 1))
  const started = [...attempt.started].sort(([a], [b]) => a - b).map(([slot, peer]) => ({ slot, peer }))
  const signed = sign(signer, roster.swarm, SEAL, { job: open.job, step: attempt.step, commits, started })
  attempt.seals.set(signer.id, signed)
  attempt.sealedMs = out.now
  book.note(out, open, 'sealed', { peer: signer.id, evidence: sealDigestOf(signed) })
  book.update(open, { status: 'verifying' })
  book.save(out, open)
  out.cancelTimer(sealTimer(open.job))
  const audience = new Set<PeerId>([...deciders(context, open), ...attempt.slots.map(({ peer }) => peer)])
  audience.delete(signer.id)
  for (const peer of audience) out.sendSigned(peer, 'seal', signed)
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
  if (!context.roster.isWitness(signer) || body.job !== open.job || body.step !== attempt.step) return
  if (attempt.seals.has(signer)) return
  attempt.seals.set(signer, { signer, body, bytes, sig })
  context.book.note(out, open, 'sealed', { peer: signer })
  if (attempt.seals.size >= context.roster.epoch.sizes.quorum) attempt.sealedMs ??= out.now
  context.book.save(out, open)
}

/**
 * Accepts a reveal of a counted commit until `revealMs` after this witness's own seal (6.7), and fetches its
 * body. The seals that it shows are kept: they may be the quorum that this peer still lacks.
 */
export function holdReveal(
  context: JobContext,
  out: Outbox,
  open: OpenJob,
  attempt: Attempt,
  message: Pick<MessageOf<'reveal'>, 'body'>,
): void {
  const { reveal, seals } = message.body
  const { slot } = reveal.body
  if (attempt.reveals.has(slot) || reveal.body.job !== open.job || reveal.body.step !== attempt.step) return
  for (const shown of seals) {
    const { signer, body } = shown
    if (!context.roster.isWitness(signer) || body.job !== open.job || body.step !== attempt.step) continue
    if (!attempt.seals.has(signer)) attempt.seals.set(signer, shown)
  }
  const shownQuorum = new Set(seals.map(({ signer }) => signer)).size >= context.roster.epoch.sizes.quorum
  if (!shownQuorum) return
  attempt.sealedMs ??= out.now
  if (out.now > attempt.sealedMs + open.record.spec.revealMs) return
  const commit = countedCommits(context, attempt, seals).get(slot)
  if (commit === undefined || !opens(reveal, commit)) return
  attempt.reveals.set(slot, reveal)
  context.book.update(open, { status: 'verifying', slots: withState(open, slot, 'revealed') })
  context.book.note(out, open, 'revealed', { peer: reveal.signer, slot, evidence: reveal.body.answer.digest })
  context.book.save(out, open)
  fetchAnswer(out, open, reveal)
}

export function answerToken(job: JobId, reveal: Signed<Reveal>): string {
  return `answer/${job}/${reveal.body.answer.digest}`
}

export function fetchAnswer(out: Outbox, open: OpenJob, reveal: Signed<Reveal>): void {
  const token = answerToken(open.job, reveal)
  if (open.asked.has(token)) return
  open.asked.add(token)
  const from = [reveal.signer, open.record.spec.steward]
  out.emit({ type: 'fetch', token, blob: reveal.body.answer, from })
}

export function withState(
  open: OpenJob,
  slot: number,
  state: 'started' | 'committed' | 'revealed',
  tokens?: number,
): OpenJob['record']['slots'] {
  return open.record.slots.map((one) =>
    one.slot === slot ? { ...one, state, tokens: tokens ?? one.tokens } : one,
  )
}

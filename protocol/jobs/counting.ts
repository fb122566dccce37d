import type { Signed } from '../encoding/signed.ts'
import type { JobId, PeerId } from '../ids.ts'
import type { JobContext } from './context.ts'
import { type Commit, openedBy, type Reveal, type Seal } from './messages.ts'
import type { Attempt, OpenJob } from './open-job.ts'
import { type Places, rankOf } from './ranks.ts'
import { sealersOf } from './sealers.ts'

interface SeenCommit {
  readonly commit: Signed<Commit>
  readonly sealedBy: Set<PeerId>
  /** Its runner signed another one, too. */
  fault: boolean
}

/**
 * Commits that these seals name, by runner; those of another job, attempt or runner are passed over. A runner has one
 * commit in an attempt, whichever slots it might have filled: two different ones convict it.
 */
export function commitsIn(
  job: JobId,
  attempt: Places,
  seals: readonly Signed<Seal>[],
): ReadonlyMap<PeerId, SeenCommit> {
  const seen = new Map<PeerId, SeenCommit>()
  for (const seal of seals) {
    for (const commit of seal.body.commits) {
      if (commit.body.job !== job || !belongs(attempt, commit)) continue
      const before = seen.get(commit.signer)
      if (before === undefined)
        seen.set(commit.signer, { commit, sealedBy: new Set([seal.signer]), fault: false })
      else if (isSame(before.commit, commit)) before.sealedBy.add(seal.signer)
      else before.fault = true
    }
  }
  return seen
}

/** The slot is in the commitment, too, but a liar may name another one beside it: its two bodies convict it as well. */
export function isSame({ body: one }: Signed<Commit>, { body: other }: Signed<Commit>): boolean {
  return one.slot === other.slot && one.commitment === other.commitment
}

/**
 * Counted commits (6.8): those in at least t of the seals, except of peers that signed two different ones. By runner:
 * a slot may have several, of which the lowest rank that is revealed is its answer (`settlement`). A seal is a witness's
 * word and may be a lie: commits of another job, attempt or runner are passed over before anything is compared, and a
 * seal counts once for a peer however often it names it.
 *
 * Why ranks let no copier in (6.7). What is counted goes by t of the seals alone, whatever the rank. Whoever reveals has
 * q seals; a commit made after that is in none of them, and so at most in those of the n - q = t - 1 other witnesses, or in
 * second seals, which no value may hold together with the reveal. Leases decide when a witness seals, and with that
 * only how long it waits for the slow; nobody can be made to count a commit, or not to, by a lease.
 */
export function countedCommits(
  context: JobContext,
  open: OpenJob,
  attempt: Attempt,
  seals: readonly Signed<Seal>[],
): ReadonlyMap<PeerId, Signed<Commit>> {
  const { counting } = sealersOf(context.roster, attempt).sizes
  const counted = new Map<PeerId, Signed<Commit>>()
  for (const { commit, sealedBy, fault } of commitsIn(open.job, attempt, seals).values()) {
    if (!fault && sealedBy.size >= counting) counted.set(commit.signer, commit)
  }
  return counted
}

/** Seals among these that count for an attempt: by witnesses, of this job and step, one each. */
export function fittingSeals(
  context: JobContext,
  open: OpenJob,
  attempt: Attempt,
  seals: readonly Signed<Seal>[],
): readonly Signed<Seal>[] {
  const { isSealer } = sealersOf(context.roster, attempt)
  const fitting = seals.filter(
    ({ signer, body }) => isSealer(signer) && body.job === open.job && body.step === attempt.step,
  )
  return [...new Map(fitting.map((seal) => [seal.signer, seal])).values()]
}

/** Whether a commit is by the peer that fills the slot as this rank. */
export function belongs(attempt: Places, { signer, body }: Signed<Commit>): boolean {
  return body.step === attempt.step && rankOf(attempt, body.slot, signer) === body.rank
}

/** Whether a reveal opens this commit. */
export function opens(reveal: Signed<Reveal>, commit: Signed<Commit>): boolean {
  const { step, slot } = reveal.body
  if (reveal.signer !== commit.signer || commit.body.slot !== slot || commit.body.step !== step) return false
  return openedBy(reveal) === commit.body.commitment
}

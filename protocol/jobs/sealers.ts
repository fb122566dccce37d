import type { PeerId } from '../ids.ts'
import type { QuorumSizes } from '../swarm/quorum-size.ts'
import type { Roster } from '../swarm/roster.ts'
import type { Signed } from '../encoding/signed.ts'
import type { Seal } from './messages.ts'
import type { Attempt } from './open-job.ts'

/**
 * Who seals an attempt, and how many of them count: the witnesses of the epoch that assigned the job, as long as they
 * witness, with that epoch's quorum q and threshold t.
 *
 * Why not the current epoch's, where it is another. A runner reveals once q seals are signed, t of them with its commit;
 * of the witnesses of that epoch fewer than t are then left that haven't sealed or would seal twice, so whoever copies
 * the answer never gets t seals (6.7). With the thresholds of a smaller epoch the few that are left might be enough,
 * and a witness added later, which has seen neither seal nor reveal, would take the copy for a commit in time. And a
 * witness that has left counts for nothing, so its key helps nobody to anything.
 *
 * What it costs: where so many leave that q of them no longer witness, attempts under way can't be closed, and end by
 * `void` like any that nobody seals. Every other job is closed by the new witnesses, from the old ones' seals: so each
 * job becomes terminal (invariant 8), and a commit that reached all honest witnesses in time is counted (7).
 */
export function sealersOf(
  roster: Roster,
  { epoch: number }: Pick<Attempt, 'epoch'>,
): { readonly isSealer: (peer: PeerId) => boolean; readonly sizes: QuorumSizes } {
  const epoch = roster.epochOf(number) ?? roster.epoch
  const isSealer = (peer: PeerId) => roster.isWitness(peer) && epoch.witnesses.includes(peer)
  return { isSealer, sizes: epoch.sizes }
}

/** The seals of an attempt's sealers that are here, by witness; undefined while they are no quorum. */
export function quorumOfSeals(
  roster: Roster,
  attempt: Pick<Attempt, 'epoch' | 'seals'>,
): readonly Signed<Seal>[] | undefined {
  const { isSealer, sizes } = sealersOf(roster, attempt)
  const held = [...attempt.seals.values()].filter(({ signer }) => isSealer(signer))
  if (held.length < sizes.quorum) return undefined
  return held.sort((a, b) => (a.signer < b.signer ? -1 : 1))
}

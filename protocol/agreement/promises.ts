import type { Signed } from '../encoding/signed.ts'
import type { Digest } from '../ids.ts'
import type { Roster } from '../swarm/roster.ts'
import type { Ballot, NewView } from './messages.ts'

type Asked = Pick<Ballot, 'instance' | 'epoch' | 'round'>

function promisesFor(newviews: readonly Signed<NewView>[], asked: Asked, roster: Roster) {
  return newviews.filter(
    ({ signer, body }) =>
      roster.isWitness(signer) &&
      body.instance === asked.instance &&
      body.epoch === asked.epoch &&
      body.round === asked.round,
  )
}

/**
 * Whether a correct witness has promised the round, hence has waited for it: one that is behind the others need
 * not wait as long again. Waits are the same for all, so without this a witness that was away stays behind.
 */
export function isTimeFor(
  asked: Asked & { readonly newviews: readonly Signed<NewView>[] },
  roster: Roster,
): boolean {
  const { witnesses, quorum } = roster.epoch.sizes
  const promised = new Set(promisesFor(asked.newviews, asked, roster).map(({ signer }) => signer))
  return promised.size > witnesses - quorum
}

/**
 * The value that a quorum of promises binds a round to: that of the highest prepared certificate among them,
 * undefined when there is none, 'no_quorum' when they are too few, doubled or for another round. Only certificates of
 * the very epoch count: what an earlier one prepared is carried by its handover, and a quorum that has left can make
 * any certificate.
 */
export function carriedBy(
  newviews: readonly Signed<NewView>[],
  { instance, epoch, round }: Asked,
  roster: Roster,
): Digest | undefined | 'no_quorum' {
  const fitting = promisesFor(newviews, { instance, epoch, round }, roster)
  const signers = new Set(fitting.map(({ signer }) => signer))
  if (signers.size < roster.epoch.sizes.quorum || signers.size !== newviews.length) return 'no_quorum'
  let highest: Ballot | undefined
  for (const { body } of fitting) {
    const ballot = body.prepared?.ballot
    if (ballot === undefined || ballot.instance !== instance || ballot.round >= round) continue
    if (ballot.epoch !== epoch) continue
    if (highest === undefined || ballot.round > highest.round) highest = ballot
  }
  return highest?.value
}

/** Fewer promises than hold a correct one convince nobody, and more of them no better. */
export function shownOf(newviews: readonly Signed<NewView>[], { epoch }: Roster): readonly Signed<NewView>[] {
  const enough = epoch.sizes.witnesses - epoch.sizes.quorum + 1
  return newviews.length < enough ? [] : newviews.slice(0, enough)
}

/** So many that no quorum is left without one of them, hence at least one correct witness among them. */
export function isOutnumbered(against: ReadonlySet<number>, { epoch }: Roster): boolean {
  return against.size > epoch.sizes.witnesses - epoch.sizes.quorum
}

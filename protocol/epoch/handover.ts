import { valueDigestOf } from '../agreement/messages.ts'
import { type Digest, type InstanceId, instanceKindOf } from '../ids.ts'
import { entryIdOf, type SignedEntry } from '../ledger/entry.ts'
import type { Carried, Handover } from './messages.ts'

/** By account, place and id: the one order in which a handover lists entries. */
export function compareEntries(a: SignedEntry, b: SignedEntry): number {
  const [one, other] = [a.body, b.body]
  if (one.account !== other.account) return one.account < other.account ? -1 : 1
  if (one.seq !== other.seq) return one.seq - other.seq
  const [first, second] = [entryIdOf(a), entryIdOf(b)]
  return first === second ? 0 : first < second ? -1 : 1
}

export const instanceOf = ({ certificate }: Carried): InstanceId => certificate.ballot.instance

/** What this peer's own state says of what a handover lists. */
export interface HandoverLookups {
  isVotable(entry: SignedEntry): boolean
  isDecided(instance: InstanceId): boolean
  /** The value that an earlier epoch's handover carried to this one. */
  carried(instance: InstanceId): Digest | undefined
}

/**
 * Whether each thing that a handover lists, or a part of one, may be listed, judged at the root that it ends the epoch
 * with. Every entry could be certified there: so nothing that no honest witness can be bound to costs anybody a place. A
 * prepared value is the closing epoch's own or was carried to it: a certificate of an older epoch could be made by those
 * who left since. That all of it stands in order, and how much there is for a place, is seen as the parts come
 * (`held-parts`).
 */
export function mayList({ locks, prepared }: Handover, closing: number, lookups: HandoverLookups): boolean {
  return locks.every(lookups.isVotable) && prepared.every((one) => mayCarry(one, closing, lookups))
}

/** Whether a prepared value may pass on to the next epoch. */
export function mayCarry(
  { certificate, value }: Carried,
  closing: number,
  { isDecided, carried }: Pick<HandoverLookups, 'isDecided' | 'carried'>,
): boolean {
  const { instance, epoch, value: digest } = certificate.ballot
  const kind = instanceKindOf(instance)
  if (kind === undefined || kind === 'epoch' || isDecided(instance)) return false
  if (digest !== valueDigestOf(value)) return false
  const bound = carried(instance)
  return bound === undefined ? epoch === closing : bound === digest
}

/** Coverage (5.6): whether everything that this witness holds is listed, a prepared value by no lower certificate. */
export function covers(listed: Handover, own: Handover): boolean {
  const ids = new Set(listed.locks.map(entryIdOf))
  const highest = new Map(listed.prepared.map((one) => [instanceOf(one), one]))
  return (
    own.locks.every((entry) => ids.has(entryIdOf(entry))) &&
    own.prepared.every((mine) => {
      const other = highest.get(instanceOf(mine))
      return other !== undefined && !isHigher(mine, other)
    })
  )
}

/** Rounds compare by epoch, then number (5.1). */
export function isHigher({ certificate: a }: Carried, { certificate: b }: Carried): boolean {
  if (a.ballot.epoch !== b.ballot.epoch) return a.ballot.epoch > b.ballot.epoch
  return a.ballot.round > b.ballot.round
}

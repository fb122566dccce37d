import { valueDigestOf } from '../agreement/messages.ts'
import { type Digest, type InstanceId, instanceKindOf } from '../ids.ts'
import { entryIdOf, type SignedEntry } from '../ledger/entry.ts'
import { LIMITS } from '../params.ts'
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
 * Whether a handover lists nothing that it mustn't, judged at the root that it ends the epoch with. Every entry could
 * be certified there: so nothing that no honest witness can be bound to costs anybody a place. A prepared value is the
 * closing epoch's own or was carried to it: a certificate of an older epoch could be made by those who left since.
 */
export function fitsHandover(
  { locks, prepared }: Handover,
  closing: number,
  lookups: HandoverLookups,
): boolean {
  return (
    isAscending(locks, compareEntries) &&
    isAscending(prepared, (a, b) =>
      instanceOf(a) < instanceOf(b) ? -1 : instanceOf(a) === instanceOf(b) ? 0 : 1,
    ) &&
    hasRoom(locks) &&
    mayList({ locks, prepared }, closing, lookups)
  )
}

/** Whether each thing that a part lists may be listed, whatever the other parts list. */
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

function isAscending<T>(items: readonly T[], compare: (a: T, b: T) => number): boolean {
  return items.every((item, at) => {
    const before = items[at - 1]
    return before === undefined || compare(before, item) < 0
  })
}

/** Each witness is bound to one entry at a place, so honest ones never list more for it than there are witnesses. */
function hasRoom(locks: readonly SignedEntry[]): boolean {
  const counts = new Map<string, number>()
  for (const { body } of locks) {
    const key = `${body.account}/${body.seq}`
    const count = (counts.get(key) ?? 0) + 1
    if (count > LIMITS.witnesses) return false
    counts.set(key, count)
  }
  return true
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

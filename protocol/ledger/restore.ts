import { PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { accountLeaf } from '../sync/leaves.ts'
import type { AdoptedPlaces } from './adopted.ts'
import type { Books } from './apply.ts'
import type { ForkBook } from './forks.ts'
import type { Locks } from './locks.ts'
import type { Owner } from './owner.ts'
import type { Resolving } from './resolving.ts'

interface Restored {
  readonly books: Books
  readonly locks: Locks
  readonly adopted: AdoptedPlaces
  readonly forks: ForkBook
  readonly resolving: Resolving
  readonly owner: Owner
}

/** Leads a hot record to the part of the ledger that wrote it; false for one of another room. */
export function restoreInto(
  { books, locks, adopted, forks, resolving, owner }: Restored,
  record: StoredRecord,
): boolean {
  const parts: Readonly<Record<string, (one: StoredRecord) => unknown>> = {
    [PREFIXES.account](one) {
      const { account, state } = books.accounts.restore(one)
      books.digest.set(account, accountLeaf(state))
    },
    [PREFIXES.output]: books.outputs.restore,
    [PREFIXES.open]: books.opens.restore,
    [PREFIXES.resolved]: books.resolved.restore,
    [PREFIXES.lock]: locks.restore,
    [PREFIXES.adopted]: adopted.restore,
    [PREFIXES.own]: owner.restore,
    [PREFIXES.forked]: forks.restore,
    [PREFIXES.resolving]: resolving.restore,
  }
  const prefix = record.key.slice(0, record.key.indexOf('/') + 1)
  const part = Object.hasOwn(parts, prefix) ? parts[prefix] : undefined
  part?.(record)
  return part !== undefined
}

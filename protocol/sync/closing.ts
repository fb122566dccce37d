import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { digest, type Infer, list, struct, text, uint } from '../encoding/codec.ts'
import { valueDigestOf } from '../agreement/messages.ts'
import type { Digest, EntryId, InstanceId } from '../ids.ts'
import { entryIdOf } from '../ledger/entry.ts'
import type { Fact } from '../ledger/fact.ts'
import { LIMITS } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'

/** What may still be taken of a closed epoch beyond what its root holds. */
export interface Listed {
  /** Entries that alone are listed for their place. */
  readonly entries: readonly EntryId[]
  readonly decisions: readonly { readonly instance: InstanceId; readonly value: Digest }[]
}

export interface Closed {
  readonly number: number
  readonly root: Digest
  readonly listed: Listed
}

/** Which facts of closed epochs this peer still takes (5.6): those within the root, and those listed. */
export interface Closing {
  /** Whether this peer has all that the newest closed epoch ends with; before, it takes nothing newer and doesn't vote. */
  readonly isLevel: boolean
  /** In the batch that begins the next epoch. */
  close(out: Outbox, closed: Closed): void
  /** Of a fact whose quorum is of a closed epoch. */
  admits(fact: Fact): 'admit' | 'refuse' | 'wait'
  /** The state moved: true when this peer has become level by it. */
  onRoot(out: Outbox, root: Digest): boolean
  restore(record: StoredRecord): boolean
}

const LISTED_MAX = LIMITS.handoverChunks * LIMITS.listed
const closingRecord = struct({
  number: uint(),
  root: digest(),
  isLevel: uint(1),
  entries: list(digest<EntryId>(), { max: LISTED_MAX }),
  decisions: list(struct({ instance: text({ min: 1, max: 128 }), value: digest() }), { max: LISTED_MAX }),
})
type ClosingRecord = Infer<typeof closingRecord>

/**
 * For a peer that was level when the epoch ended, or then catches up with peers that are no further than its root. It
 * takes whatever it is shown of the closed epoch until its own root is that root, and from then on what is listed.
 */
export function createClosing(root: () => Digest): Closing {
  const entries = new Set<EntryId>()
  const decisions = new Map<InstanceId, Digest>()
  let newest: ClosingRecord | undefined

  function take(record: ClosingRecord): void {
    for (const entry of record.entries) entries.add(entry)
    for (const { instance, value } of record.decisions) decisions.set(instance as InstanceId, value)
    if (newest === undefined || record.number >= newest.number) newest = record
  }

  function save(out: Outbox, record: ClosingRecord): void {
    take(record)
    out.write(keys.closing(record.number), encodeBody(closingRecord, record))
  }

  function isListed(fact: Fact): boolean {
    if (fact.type === 'certificate') return entries.has(entryIdOf(fact.certificate.entry))
    return decisions.get(fact.decision.instance) === valueDigestOf(fact.decision.value)
  }

  const isLevel = () => newest === undefined || newest.isLevel === 1
  return {
    get isLevel() {
      return isLevel()
    },
    close(out, { number, root: end, listed }) {
      save(out, { number, root: end, isLevel: root() === end ? 1 : 0, ...listed })
    },
    admits(fact) {
      if (isLevel()) return isListed(fact) ? 'admit' : 'refuse'
      // Listed facts aren't within the root: taken now they would keep this peer from ever being at it.
      return isListed(fact) ? 'wait' : 'admit'
    },
    onRoot(out, now) {
      if (newest === undefined || newest.isLevel === 1 || newest.root !== now) return false
      save(out, { ...newest, isLevel: 1 })
      return true
    },
    restore({ key, value }) {
      if (!key.startsWith(PREFIXES.closing)) return false
      take(decodeRecord(closingRecord, value, key))
      return true
    },
  }
}

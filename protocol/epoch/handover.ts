import { valueDigestOf } from '../agreement/messages.ts'
import { hash } from '../crypto/digest.ts'
import { decodeBody, encodeBody } from '../encoding/body.ts'
import type { Codec } from '../encoding/codec.ts'
import type { EvidenceSink } from '../encoding/evidence.ts'
import { type Digest, type InstanceId, instanceKindOf } from '../ids.ts'
import { entryIdOf, type SignedEntry } from '../ledger/entry.ts'
import { LIMITS } from '../params.ts'
import { type Carried, carriedCodec, type Handover, handoverCodec } from './messages.ts'

/** A part beyond this begins a new one; a single large value has one of its own. */
const PART_BYTES = 393_216
/** The rest of what one frame may have checked is left for a value that brings its certificate along. */
const PART_SIGNATURES = LIMITS.signatureChecks / 2

/** Names a part by its canonical bytes. */
export function handoverDigestOf(part: Handover): Digest {
  return hash('handover', encodeBody(handoverCodec, part))
}

/** By account, place and id: the one order in which a handover lists entries. */
function compareEntries(a: SignedEntry, b: SignedEntry): number {
  const [one, other] = [a.body, b.body]
  if (one.account !== other.account) return one.account < other.account ? -1 : 1
  if (one.seq !== other.seq) return one.seq - other.seq
  const [first, second] = [entryIdOf(a), entryIdOf(b)]
  return first === second ? 0 : first < second ? -1 : 1
}

const instanceOf = ({ certificate }: Carried): InstanceId => certificate.ballot.instance

/** Everything that parts list together, as they list it. */
export function joinParts(parts: readonly Handover[]): Handover {
  return { locks: parts.flatMap(({ locks }) => locks), prepared: parts.flatMap(({ prepared }) => prepared) }
}

/** Sorted, in parts that each fit a frame and its signature checks; none for an empty handover. */
export function splitHandover({ locks, prepared }: Handover): readonly Handover[] {
  const parts: { locks: SignedEntry[]; prepared: Carried[] }[] = []
  let size = Number.POSITIVE_INFINITY
  let signatures = 0
  const place = (cost: Cost, isFull: (part: Handover) => boolean) => {
    let last = parts.at(-1)
    const isOver = size + cost.bytes > PART_BYTES || signatures + cost.signatures > PART_SIGNATURES
    if (last === undefined || isOver || isFull(last)) {
      last = { locks: [], prepared: [] }
      parts.push(last)
      size = 0
      signatures = 0
    }
    size += cost.bytes
    signatures += cost.signatures
    return last
  }
  for (const entry of [...locks].sort(compareEntries))
    place(costOfEntry(entry), (part) => part.locks.length >= LIMITS.listed).locks.push(entry)
  for (const one of [...prepared].sort((a, b) => (instanceOf(a) < instanceOf(b) ? -1 : 1)))
    place(costOf(carriedCodec, one), (part) => part.prepared.length >= LIMITS.carried).prepared.push(one)
  return parts
}

interface Cost {
  readonly bytes: number
  readonly signatures: number
}

/** About; ten thousand entries aren't encoded once more for it. */
function costOfEntry({ bytes, body }: SignedEntry): Cost {
  const signatures = body.ops.reduce((sum, operation) => {
    if (operation.type === 'revoke') return sum + operation.revocation.signatures.length
    return operation.type === 'join' ? sum + 1 + (operation.invitation?.signatures.length ?? 0) : sum
  }, 1)
  return { bytes: bytes.length + 256, signatures }
}

function costOf<T>(codec: Codec<T>, value: T): Cost {
  const encoded = encodeBody(codec, value)
  let signatures = 0
  const sink: EvidenceSink = {
    signed: () => void (signatures += 1),
    quorum: ({ sigs }) => void (signatures += sigs.length),
  }
  decodeBody(codec, encoded, 'item', sink)
  return { bytes: encoded.length, signatures }
}

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
    locks.every(lookups.isVotable) &&
    prepared.every((one) => mayCarry(one, closing, lookups))
  )
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

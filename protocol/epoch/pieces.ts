import { hash } from '../crypto/digest.ts'
import { decodeBody, encodeBody } from '../encoding/body.ts'
import type { EvidenceSink } from '../encoding/evidence.ts'
import type { Digest } from '../ids.ts'
import { entryIdOf, type SignedEntry } from '../ledger/entry.ts'
import { HANDOVER_PART, LIMITS } from '../params.ts'
import { compareEntries, instanceOf } from './handover.ts'
import { type Carried, carriedCodec, type Handover, type Piece, pieceCodec } from './messages.ts'

/** The rest of what one frame may have checked is left for a value that brings its certificate along. */
const PART_SIGNATURES = LIMITS.signatureChecks / 2
/** How the ids of entries end behind which a part ends, one in 256: there two lists that differ meet again. */
const PART_END = '00'

/** Names a piece by its canonical bytes. */
export function pieceDigestOf(piece: Piece): Digest {
  return hash('handover', encodeBody(pieceCodec, piece))
}

/** Names the list of a handover that lists nothing: everybody has it. */
export function emptyListOf(number: number): Digest {
  return pieceDigestOf({ type: 'list', number, parts: [] })
}

/** A handover in parts, each under its name, and the name of the list of them. */
export interface Cut {
  readonly name: Digest
  readonly parts: ReadonlyMap<Digest, Handover>
}

/**
 * Cuts a handover for the epoch `number`. Whoever holds the same entries makes the same parts, and who holds a few
 * others makes most of them the same: so a proposer hardly fetches what it knows itself, and what was fetched of
 * one proposer's list isn't fetched again of the next one's.
 */
export function cutHandover(handover: Handover, number: number): Cut {
  const parts = new Map(
    splitHandover(handover).map((part) => [pieceDigestOf({ type: 'part', number, ...part }), part]),
  )
  return { name: pieceDigestOf({ type: 'list', number, parts: [...parts.keys()] }), parts }
}

/** Whether a handover has no more parts than a list may name: nobody can read one that has. */
export function fitsList({ parts }: Cut): boolean {
  return parts.size <= LIMITS.handoverParts
}

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
    const isOver = size + cost.bytes > HANDOVER_PART.bytes || signatures + cost.signatures > PART_SIGNATURES
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
  for (const entry of [...locks].sort(compareEntries)) {
    place(costOfEntry(entry), (part) => part.locks.length >= LIMITS.listed).locks.push(entry)
    if (entryIdOf(entry).endsWith(PART_END) && (parts.at(-1)?.locks.length ?? 0) >= HANDOVER_PART.entriesMin)
      size = Number.POSITIVE_INFINITY
  }
  for (const one of [...prepared].sort((a, b) => (instanceOf(a) < instanceOf(b) ? -1 : 1)))
    place(costOf(one), (part) => part.prepared.length >= LIMITS.carried).prepared.push(one)
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
  return { bytes: bytes.length + HANDOVER_PART.entryBytes, signatures }
}

function costOf(one: Carried): Cost {
  const encoded = encodeBody(carriedCodec, one)
  let signatures = 0
  const sink: EvidenceSink = {
    signed: () => void (signatures += 1),
    quorum: ({ sigs }) => void (signatures += sigs.length),
  }
  decodeBody(carriedCodec, encoded, 'item', sink)
  return { bytes: encoded.length, signatures }
}

/**
 * Texts that stand in the order in which a handover lists things: entries first, then prepared values. So whether parts
 * list everything once and in order is seen by the ends of each.
 */
export function orderOf({ locks, prepared }: Handover): readonly string[] {
  const sortable = ({ account, seq }: SignedEntry['body']) => `${account}/${seq.toString().padStart(16, '0')}`
  return [
    ...locks.map((entry) => `0/${sortable(entry.body)}/${entryIdOf(entry)}`),
    ...prepared.map((one) => `1/${instanceOf(one)}`),
  ]
}

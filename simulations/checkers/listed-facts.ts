import { decisionCodec } from '../../protocol/agreement/messages.ts'
import { valueCodec } from '../../protocol/agreement/value.ts'
import { decodeBody, encodeBody } from '../../protocol/encoding/body.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { type Piece, pieceCodec } from '../../protocol/epoch/messages.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import type { Write } from '../../protocol/records/record.ts'
import type { Observation } from '../observation.ts'
import { entryIdOf, type StoredEntry, tagged } from './stored-facts.ts'

/** What handovers have listed so far: entries by their ids, and values by their digests. */
export interface ListedFacts {
  /** To be shown everything; the entries that are listed for the first time by it. */
  observe(observation: Observation): readonly ListedEntry[]
  has(name: string): boolean
  /** The closed epoch whose handover listed it first. */
  epochOf(name: string): number | undefined
}

export interface ListedEntry extends StoredEntry {
  readonly closed: number
}

/** Read off the decisions and pieces that peers write. */
export function createListedFacts(): ListedFacts {
  const pieces = new Map<string, Piece>()
  const listed = new Map<string, number>()

  const list = (name: string, closed: number): readonly ListedEntry[] => {
    const piece = pieces.get(name)
    const parts = piece?.type === 'list' ? piece.parts.map((part) => pieces.get(part)) : []
    const found: ListedEntry[] = []
    for (const part of parts) {
      if (part?.type !== 'part') continue
      for (const entry of part.locks) {
        const id = entryIdOf(entry.bytes)
        if (!listed.has(id)) found.push({ id, entry, closed })
        listed.set(id, listed.get(id) ?? closed)
      }
      for (const one of part.prepared) {
        const value = tagged('value', encodeBody(valueCodec, one.value))
        listed.set(value, listed.get(value) ?? closed)
      }
    }
    return found
  }

  const learn = ({ key, value }: Write): readonly ListedEntry[] => {
    if (value === null) return []
    if (key.startsWith(PREFIXES.handover)) {
      pieces.set(key.slice(PREFIXES.handover.length), decodeBody(pieceCodec, value, key, TRUSTED))
      return []
    }
    if (!key.startsWith(PREFIXES.epochDecision)) return []
    const { value: decided } = decodeBody(decisionCodec, value, key, TRUSTED)
    return decided.type === 'epoch' ? list(decided.handover, decided.order.body.number - 1) : []
  }

  return {
    observe: (observation) =>
      observation.type === 'effect' && observation.effect.type === 'persist'
        ? observation.effect.writes.flatMap(learn)
        : [],
    has: (name) => listed.has(name),
    epochOf: (name) => listed.get(name),
  }
}

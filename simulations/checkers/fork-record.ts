import { decodeBody } from '../../protocol/encoding/body.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { ENTRY } from '../../protocol/ledger/entry.ts'
import type { Report } from './checker.ts'
import { entryIdOf, type StoredResolution } from './stored-facts.ts'

/** Names a place of a chain. */
export function placeName(account: string, seq: number): string {
  return `entry ${account}/${seq}`
}

/**
 * What forks' resolutions rule out (5.7): at a place that was merged nothing else has a certificate than one of
 * the merged entries, and whatever has one behind a settled place builds on what was settled.
 */
export interface ForkRecord {
  /** The body of an entry that somebody showed. */
  entry(body: Uint8Array): void
  resolved(account: string, resolution: StoredResolution): void
  /** An entry has a certificate, or votes for one. */
  settled(place: string, entry: string): void
}

export function createForkRecord(report: Report): ForkRecord {
  const prevs = new Map<string, string>()
  const certain = new Map<string, string>()
  const merged = new Map<string, readonly string[]>()
  /** What an entry at a place has to build on. */
  const heads = new Map<string, string>()

  const check = (place: string) => {
    const entry = certain.get(place)
    if (entry === undefined) return
    if (merged.get(place)?.includes(entry) === false)
      report(`certified beside what its fork was merged from: ${place}`)
    const [prev, head] = [prevs.get(entry), heads.get(place)]
    if (prev !== undefined && head !== undefined && prev !== head)
      report(`certified behind another head than its fork was settled with: ${place}`)
  }

  return {
    entry(body) {
      prevs.set(entryIdOf(body), decodeBody(ENTRY.body, body, 'entry', TRUSTED).prev)
    },
    resolved(account, { id, seq, head, entries }) {
      const [place, next] = [placeName(account, seq), placeName(account, seq + 1)]
      const [first, ...others] = entries.map((entry) => entry.id)
      heads.set(place, head)
      if (first !== undefined) heads.set(next, others.length === 0 ? first : id)
      if (first !== undefined && others.length > 0) merged.set(place, [first, ...others])
      check(place)
      check(next)
    },
    settled(place, entry) {
      certain.set(place, entry)
      check(place)
    },
  }
}

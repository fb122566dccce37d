import type { CreateChecker } from './checker.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { keys, PREFIXES } from '../../protocol/records/keys.ts'
import { isFact, type StoredFacts } from './stored-facts.ts'

/**
 * Certificates and decisions never revert (12.4 after healing): no peer deletes one, and what was ever durable
 * on any correct peer's disk is on every one's in the end. What one that has gone astray had alone it forgets.
 */
export const createPermanenceChecker: CreateChecker = (facts, report) => {
  /** Who has each fact. */
  const written = new Map<string, Set<PeerId>>()
  return {
    stored(peer, writes) {
      for (const { key, value } of writes) {
        if (key === keys.astray && value !== null)
          for (const writers of written.values()) writers.delete(peer)
        if (!isFact(key)) continue
        if (value === null) report(`${peer} deleted ${key}`)
        else written.set(key, (written.get(key) ?? new Set()).add(peer))
      }
    },
    conclude(peers) {
      for (const { peer, records } of peers) {
        const resolved = placesResolved(facts.read(records), facts.newestEpoch().number > 0)
        for (const [key, writers] of written) {
          if (writers.size > 0 && !records.has(key) && !resolved.has(key))
            report(`${peer} lacks ${key} in the end`)
        }
      }
    },
  }
}

/**
 * Keys of certificates that a resolution with one entry stands for: two proofs of one fact (4.1). Where epochs change,
 * also those of merged branches: such a one counts in its own epoch alone (protocol/README, difference 21).
 */
function placesResolved({ resolutions }: StoredFacts, hasChanged: boolean): ReadonlySet<string> {
  const places = [...resolutions].flatMap(([account, settled]) =>
    settled.flatMap(({ seq, entries }) =>
      entries.length === 1 || (hasChanged && entries.length > 1)
        ? [`${PREFIXES.certificate}${account}/${seq.toString().padStart(16, '0')}`]
        : [],
    ),
  )
  return new Set(places)
}

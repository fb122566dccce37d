import type { CreateChecker } from './checker.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import { isFact } from './stored-facts.ts'

/**
 * Certificates and decisions never revert (12.4 after healing): no peer deletes one, and what any peer ever
 * wrote is on every disk in the end, even if the one that wrote it crashed before the sync.
 */
export const createPermanenceChecker: CreateChecker = (_facts, report) => {
  const written = new Set<string>()
  return {
    observe(observation) {
      if (observation.type !== 'effect' || observation.effect.type !== 'persist') return
      for (const { key, value } of observation.effect.writes) {
        if (!isFact(key) && !key.startsWith(PREFIXES.trust)) continue
        if (value === null) report(`${observation.peer} deleted ${key}`)
        else written.add(key)
      }
    },
    conclude(peers) {
      for (const { peer, records } of peers) {
        for (const key of written) if (!records.has(key)) report(`${peer} lacks ${key} in the end`)
      }
    },
  }
}

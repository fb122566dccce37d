import type { CreateChecker } from './checker.ts'
import { isFact } from './stored-facts.ts'

/**
 * Certificates and decisions never revert (12.4 after healing): no peer deletes one, and what was ever durable
 * on any correct peer's disk is on every one's in the end.
 */
export const createPermanenceChecker: CreateChecker = (_facts, report) => {
  const written = new Set<string>()
  return {
    stored(peer, writes) {
      for (const { key, value } of writes) {
        if (!isFact(key)) continue
        if (value === null) report(`${peer} deleted ${key}`)
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

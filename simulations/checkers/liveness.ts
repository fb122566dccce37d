import { PREFIXES } from '../../protocol/records/keys.ts'
import type { CreateChecker } from './checker.ts'

/**
 * A correct owner always finishes (12.5): once the world healed, every entry that its peer acknowledged is
 * certified on every disk, and nothing of its own is still under way. Adversaries are at work meanwhile, so
 * this holds that no stranger's message stops an honest account.
 */
export const createLivenessChecker: CreateChecker = (facts, report) => {
  const acknowledged = new Map<string, string>()
  return {
    observe(observation) {
      if (observation.type !== 'left' || observation.effect.type !== 'respond') return
      const { result } = observation.effect
      if (result.ok && result.type === 'entry') acknowledged.set(result.entry, observation.peer)
    },
    conclude(peers) {
      for (const { peer, records } of peers) {
        const chains = [...facts.read(records).chains.values()].flat()
        const certified = new Set(chains.map(({ id }) => id))
        for (const [entry, owner] of acknowledged) {
          if (!certified.has(entry)) report(`${peer} lacks the acknowledged entry ${entry} of ${owner}`)
        }
        for (const key of records.keys()) {
          if (key.startsWith(PREFIXES.own)) report(`${peer} still has ${key} under way`)
        }
      }
    },
  }
}

import type { CreateChecker } from './checker.ts'

/**
 * A copier earns no more than a guesser (simulation.md, 9). Answers here have a million values, so a guesser earns nothing;
 * whoever runs nothing and is paid has copied. A later attempt's runner that witnesses holds the answers of the attempts
 * before, which the protocol allows (protocol/README, difference 22): of witnesses the first attempt counts alone.
 */
export const createCopierEarningsChecker: CreateChecker = (facts, report) => {
  const reported = new Set<string>()
  return {
    examine(peers) {
      for (const { records } of peers) {
        for (const [job, decisions] of facts.read(records).jobs) {
          const last = decisions.at(-1)?.value
          const [first] = decisions
          if (last?.type !== 'close' || first?.value.type !== 'assign' || reported.has(job)) continue
          const firstSlots = new Set(first.value.slots.map(({ slot }) => slot))
          const { witnesses = [] } = facts.epochOf(first.value.epoch) ?? {}
          for (const { slot, peer, paid } of last.result.replicas) {
            const mayHaveSeen = !firstSlots.has(slot) && witnesses.includes(peer)
            if (paid === 0n || !facts.copiers.has(peer) || mayHaveSeen) continue
            reported.add(job)
            report(`${peer} ran nothing and is paid ${paid} for slot ${slot} of ${job}`)
          }
        }
      }
    },
  }
}

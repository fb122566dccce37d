import type { PeerId } from '../../protocol/ids.ts'
import type { JobResult } from '../../protocol/jobs/value.ts'
import type { CreateChecker, Facts, Report } from './checker.ts'

/**
 * Whoever answered faithfully in a majority of faithful answers is paid, and whoever lied against two of them
 * isn't. What copiers earn is another checker's. Faithful runs give the same answer here and each liar its own, so the world knows who was right.
 */
export const createFairVerdictChecker: CreateChecker = (facts, report) => {
  const judged = new Set<string>()
  return {
    examine(peers) {
      for (const { records } of peers) {
        for (const [job, decisions] of facts.read(records).jobs) {
          const last = decisions.at(-1)
          if (last?.value.type !== 'close' || judged.has(job)) continue
          judged.add(job)
          judge(facts, last.value.result, (detail) => report(`job ${job} ${detail}`))
        }
      }
    },
  }
}

function judge({ honest, copiers }: Facts, { agreement, winner, replicas }: JobResult, report: Report): void {
  const answered = replicas.filter(({ answer, peer }) => answer !== null && !copiers.has(peer))
  const faithful = answered.filter(({ peer }) => honest.has(peer))
  const liars = answered.filter(({ peer }) => !honest.has(peer))
  const unfair = (what: string, peer: PeerId) => report(`is closed as ${agreement}, and ${peer} ${what}`)
  if (faithful.length < 2 || faithful.length <= liars.length) return
  for (const { peer, paid, price } of faithful) if (paid !== price) unfair('worked for nothing', peer)
  for (const { peer, paid } of liars) if (paid !== 0n) unfair('is paid for a lie', peer)
  if (!faithful.some(({ slot }) => slot === winner))
    report(`has no faithful winner among ${answered.length} answers`)
}

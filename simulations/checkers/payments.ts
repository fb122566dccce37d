import type { CreateChecker, Report } from './checker.ts'
import { openOf } from './ledger-replay.ts'
import type { StoredDecision, StoredFacts } from './stored-facts.ts'

/**
 * A slot is paid at most once and to whom it was assigned, at most its price; a job has one terminal decision
 * and nothing after it (12.3).
 */
export const createPaymentsChecker: CreateChecker = (facts, report) => {
  return {
    examine(peers) {
      for (const { peer, records } of peers) {
        const stored = facts.read(records)
        for (const [job, decisions] of stored.jobs) {
          checkJob(stored, job, decisions, (detail) => report(`disk of ${peer}: job ${job} ${detail}`))
        }
      }
    },
  }
}

function checkJob(
  stored: StoredFacts,
  job: string,
  decisions: readonly StoredDecision[],
  report: Report,
): void {
  const assigned = new Map<number, string>()
  let terminal = 0
  decisions.forEach(({ step, value }, at) => {
    if (step !== at) report(`has a gap before step ${step}`)
    if (terminal > 0) report(`goes on at step ${step} after its end`)
    if (value.type === 'assign' || value.type === 'again') {
      for (const { slot, peer } of value.slots) {
        if (assigned.has(slot)) report(`assigns slot ${slot} twice`)
        if ([...assigned.values()].includes(peer)) report(`assigns ${peer} twice`)
        assigned.set(slot, peer)
      }
    } else terminal += 1
    if (value.type === 'close') checkPayouts(value.result, assigned, report)
  })
  const maxPrice = openOf(stored, job)?.spec.maxPrice
  for (const { value } of decisions) {
    if (value.type !== 'close' || maxPrice === undefined) continue
    if (value.result.replicas.some(({ paid }) => paid > maxPrice)) report('pays above the highest price')
  }
}

type Result = Extract<StoredDecision['value'], { type: 'close' }>['result']

function checkPayouts({ replicas }: Result, assigned: ReadonlyMap<number, string>, report: Report): void {
  const paidSlots = new Set<number>()
  for (const { slot, peer, price, paid } of replicas) {
    if (paidSlots.has(slot)) report(`settles slot ${slot} twice`)
    paidSlots.add(slot)
    if (assigned.get(slot) !== peer) report(`settles slot ${slot} for ${peer}, who wasn't assigned to it`)
    if (paid !== 0n && paid !== price) report(`pays ${paid} for slot ${slot} at a price of ${price}`)
  }
}

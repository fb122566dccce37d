import type { CreateChecker, Report } from './checker.ts'
import { openOf } from './ledger-replay.ts'
import type { StoredDecision, StoredFacts } from './stored-facts.ts'

/**
 * A slot is paid at most once and to whom it was assigned, or to the standby of the rank that it names, at most its price; a
 * peer is settled for one slot at most; a job has one terminal decision
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
  const assigned = new Map<number, Elected>()
  let terminal = 0
  decisions.forEach(({ step, value }, at) => {
    if (step !== at) report(`has a gap before step ${step}`)
    if (terminal > 0) report(`goes on at step ${step} after its end`)
    if (value.type === 'assign' || value.type === 'again') {
      for (const { slot, peer } of value.slots) {
        if (assigned.has(slot)) report(`assigns slot ${slot} twice`)
        if ([...assigned.values()].some((one) => one.peer === peer)) report(`assigns ${peer} twice`)
        assigned.set(slot, { peer, standbys: value.standbys })
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

interface Elected {
  readonly peer: string
  readonly standbys: readonly string[]
}

/** The rule of 6.5, written again. */
function holderOf(elected: Elected | undefined, slot: number, rank: number): string | undefined {
  if (elected === undefined || rank === 0) return elected?.peer
  return rank > elected.standbys.length
    ? undefined
    : elected.standbys[(slot + rank - 1) % elected.standbys.length]
}

type Result = Extract<StoredDecision['value'], { type: 'close' }>['result']

function checkPayouts({ replicas }: Result, assigned: ReadonlyMap<number, Elected>, report: Report): void {
  const paidSlots = new Set<number>()
  const settled = new Set<string>()
  for (const { slot, peer, rank, price, paid } of replicas) {
    if (paidSlots.has(slot)) report(`settles slot ${slot} twice`)
    paidSlots.add(slot)
    if (settled.has(peer)) report(`settles two slots for ${peer}`)
    settled.add(peer)
    if (holderOf(assigned.get(slot), slot, rank) !== peer)
      report(`settles slot ${slot} for ${peer}, who wasn't assigned to it`)
    if (paid !== 0n && paid !== price) report(`pays ${paid} for slot ${slot} at a price of ${price}`)
  }
}

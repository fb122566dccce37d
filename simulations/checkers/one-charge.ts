import type { CreateChecker, Report } from './checker.ts'
import { openOf } from './ledger-replay.ts'
import type { StoredDecision, StoredFacts } from './stored-facts.ts'

/**
 * A payer is charged once for a job, and no more than it owes (12.3): whatever any disk says of its end is the same on
 * every one, and what a close pays, the fee and the refund are the escrow, to the unit.
 */
export const createOneChargeChecker: CreateChecker = (facts, report) => {
  const charged = new Map<string, bigint>()
  const judged = new WeakSet<StoredDecision>()
  return {
    examine(peers) {
      for (const { records } of peers) {
        const stored = facts.read(records)
        for (const [job, decisions] of stored.jobs) {
          const last = decisions.at(-1)
          if (last === undefined || judged.has(last)) continue
          judged.add(last)
          const charge = chargeOf(stored, last, (detail) => report(`job ${job} ${detail}`))
          if (charge === undefined) continue
          const before = charged.get(job)
          if (before !== undefined && before !== charge)
            report(`job ${job} is charged ${before} and ${charge}`)
          charged.set(job, charge)
        }
      }
    },
  }
}

/** Undefined while the job isn't over. */
function chargeOf(stored: StoredFacts, { job, value }: StoredDecision, report: Report): bigint | undefined {
  if (value.type === 'void') return 0n
  if (value.type !== 'close') return undefined
  const open = openOf(stored, job)
  if (open === undefined) {
    report('is closed and was never opened')
    return undefined
  }
  const { fee, refund, replicas } = value.result
  const { maxSlots, maxPrice } = open.spec
  const escrow = BigInt(maxSlots) * maxPrice + open.spec.fee
  const paid = replicas.reduce((sum, one) => sum + one.paid, 0n)
  if (fee !== open.spec.fee) report(`takes a fee of ${fee}, and ${open.spec.fee} was agreed on`)
  if (refund < 0n || paid + fee + refund !== escrow)
    report(`pays ${paid}, takes ${fee} and gives back ${refund} of ${escrow}`)
  return escrow - refund
}

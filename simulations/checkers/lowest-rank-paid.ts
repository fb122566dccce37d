import { assignmentsIn, ranksOf } from './assignments.ts'
import { type CreateChecker, type Facts, quorumOf, type Report } from './checker.ts'
import type { StoredDecision } from './stored-facts.ts'

type Decided = Extract<StoredDecision['value'], { type: 'close' | 'again' }>

/**
 * A slot's answer and payee is its lowest rank that is counted and revealed (6.9): who of several isn't up to the proposer.
 * Counted are commits in t of the value's seals by peers that signed no other one.
 */
export const createLowestRankPaidChecker: CreateChecker = (facts, report) => {
  const judged = new WeakSet<StoredDecision>()
  return {
    examine(peers) {
      for (const { records } of peers) {
        for (const [job, decisions] of facts.read(records).jobs) {
          for (const decision of decisions) {
            if (judged.has(decision)) continue
            judged.add(decision)
            judge(facts, decisions, decision, (detail) => report(`${job}/${decision.step} ${detail}`))
          }
        }
      }
    },
  }
}

function judge(
  facts: Facts,
  decisions: readonly StoredDecision[],
  decision: StoredDecision,
  report: Report,
): void {
  const { step, value } = decision
  if (value.type !== 'close' && value.type !== 'again') return
  const attempt = assignmentsIn(decisions).get(step - 1)
  if (attempt === undefined) return report('settles an attempt that was never assigned')
  for (const { slot } of attempt.slots) {
    const settled = value.result.replicas.find((one) => one.slot === slot)
    if (settled === undefined) return report(`says nothing of slot ${slot}`)
    const ranks = ranksOf(attempt, slot)
    const rank = ranks.findIndex((peer) => isRevealed(facts, value, peer, slot))
    const peer = ranks[Math.max(0, rank)]
    if (settled.peer !== peer || settled.rank !== Math.max(0, rank))
      report(`settles slot ${slot} for ${settled.peer} as rank ${settled.rank}, and it is ${peer}'s`)
    if (rank < 0 && settled.paid > 0n) report(`pays for slot ${slot}, which nobody answered`)
  }
}

/** Whether a peer's commit to the slot counts, and the value shows what it opens to. */
function isRevealed(
  { epochOf }: Facts,
  { epoch, seals, reveals }: Decided,
  peer: string,
  slot: number,
): boolean {
  const { witnesses = [] } = epochOf(epoch) ?? {}
  const counting = witnesses.length - quorumOf(witnesses.length) + 1
  const commits = seals.flatMap(({ body }) => body.commits.filter(({ signer }) => signer === peer))
  const different = new Set(commits.map(({ body }) => `${body.slot} ${body.commitment}`))
  const sealing = seals.filter(({ body }) =>
    body.commits.some((commit) => commit.signer === peer && commit.body.slot === slot),
  )
  const isShown = reveals.some(({ signer, body }) => signer === peer && body.slot === slot)
  return isShown && different.size === 1 && sealing.length >= counting
}

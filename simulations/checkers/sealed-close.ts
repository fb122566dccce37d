import { hash } from 'node:crypto'
import type { StoredDecision } from './stored-facts.ts'
import { type CreateChecker, type Facts, quorumOf, type Report } from './checker.ts'

/**
 * What a close counts (6.8, 12.7): it rests on q witnesses' seals of its own step, one each; whoever sealed
 * for a reveal sealed the same for the close; and each reveal's commit is in at least t of the seals.
 */
export const createSealedCloseChecker: CreateChecker = (facts, report) => {
  const judged = new WeakSet<StoredDecision>()
  return {
    examine(peers) {
      for (const { records } of peers) {
        for (const decision of [...facts.read(records).jobs.values()].flat()) {
          if (judged.has(decision)) continue
          judged.add(decision)
          judge(decision, facts, (detail) => report(`${decision.job}/${decision.step} ${detail}`))
        }
      }
    },
  }
}

/** By the witnesses of the epoch that assigned the job, whichever epoch's decide. */
function judge({ value }: StoredDecision, { epochOf }: Facts, report: Report): void {
  if (value.type !== 'close' && value.type !== 'again') return
  const { witnesses = [] } = epochOf(value.epoch) ?? {}
  const quorum = quorumOf(witnesses.length)
  const counting = witnesses.length - quorum + 1
  const { seals, reveals } = value
  const sealers = new Set(witnesses.filter((peer) => seals.some(({ signer }) => signer === peer)))
  if (sealers.size < quorum) report(`rests on ${sealers.size} seals`)
  const digests = new Map(seals.map(({ signer, bytes }) => [signer, sealDigest(bytes)]))
  for (const { signer, body } of reveals) {
    for (const { witness, seal } of body.seals) {
      const used = digests.get(witness)
      if (used !== undefined && used !== seal) report(`uses another seal of ${witness} than ${signer} saw`)
    }
    const holding = seals.filter((seal) =>
      seal.body.commits.some((commit) => commit.signer === signer && commit.body.slot === body.slot),
    )
    if (holding.length < counting) report(`counts ${signer} on ${holding.length} seals`)
  }
}

/** H("seal", body) of section 3, written again. */
function sealDigest(body: Uint8Array): string {
  return hash('sha256', Buffer.concat([Buffer.from('hyperlooms/1/seal\0'), body]))
}

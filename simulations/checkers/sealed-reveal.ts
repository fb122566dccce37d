import { decisionCodec } from '../../protocol/agreement/messages.ts'
import { decodeBody } from '../../protocol/encoding/body.ts'
import { type SignedEvidence, TRUSTED } from '../../protocol/encoding/evidence.ts'
import { signingBytes } from '../../protocol/encoding/signed.ts'
import { REVEAL, SEAL } from '../../protocol/jobs/messages.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import type { Records } from './records.ts'
import { type CreateChecker, type Facts, quorumOf } from './checker.ts'

/** No answer is revealed before q witnesses sealed, t of them with its commit (6.7, 12.6). */
export const createSealedRevealChecker: CreateChecker = (facts, report) => {
  return {
    evidence(peer, { message, signed }) {
      if (message?.kind !== 'reveal' || !facts.correct.has(peer)) return
      const reveal = signed.find(({ kind }) => kind === REVEAL.kind)
      if (reveal === undefined) return
      const { job, step, slot } = decodeBody(REVEAL.body, reveal.body, 'reveal', TRUSTED)
      const witnesses = facts.epochOf(epochOfJob(facts.durable(peer), job))?.witnesses ?? []
      const quorum = quorumOf(witnesses.length)
      const counting = witnesses.length - quorum + 1
      const seals = sealsOf(facts, signed, witnesses).filter(
        ({ body }) => body.job === job && body.step === step,
      )
      const sealing = new Set(seals.map(({ witness }) => witness))
      const holding = new Set(
        seals
          .filter(({ body }) =>
            body.commits.some((commit) => commit.signer === reveal.signer && commit.body.slot === slot),
          )
          .map(({ witness }) => witness),
      )
      if (sealing.size < quorum || holding.size < counting) {
        report(
          `${peer} revealed ${job}/${step}/${slot} on ${sealing.size} seals, ${holding.size} with its commit`,
        )
      }
    },
  }
}

/** The epoch that assigned a job, as the runner's own decisions say. */
function epochOfJob(records: Records, job: string): number {
  for (const [key, record] of records) {
    if (!key.startsWith(`${PREFIXES.decision}${job}/`)) continue
    const { value } = decodeBody(decisionCodec, record, key, TRUSTED)
    if (value.type === 'assign') return value.epoch
  }
  return 0
}

function sealsOf(facts: Facts, signed: readonly SignedEvidence[], witnesses: readonly string[]) {
  return signed.flatMap(({ kind, signer, body, sig }) => {
    if (kind !== SEAL.kind || !witnesses.includes(signer)) return []
    if (!facts.verify({ signer, message: signingBytes(kind, facts.swarm, body), sig })) return []
    return [{ witness: signer, body: decodeBody(SEAL.body, body, 'seal', TRUSTED) }]
  })
}

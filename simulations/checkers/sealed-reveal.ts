import { decodeBody } from '../../protocol/encoding/body.ts'
import { type SignedEvidence, TRUSTED } from '../../protocol/encoding/evidence.ts'
import { signingBytes } from '../../protocol/encoding/signed.ts'
import { REVEAL, SEAL } from '../../protocol/jobs/messages.ts'
import { type CreateChecker, type Facts, quorumOf } from './checker.ts'

/** No answer is revealed before q witnesses sealed, t of them with its commit (6.7, 12.6). */
export const createSealedRevealChecker: CreateChecker = (facts, report) => {
  const witnesses = facts.witnesses.length
  const quorum = quorumOf(witnesses)
  const counting = witnesses - quorum + 1
  return {
    evidence(peer, { message, signed }) {
      if (message?.kind !== 'reveal' || !facts.correct.has(peer)) return
      const reveal = signed.find(({ kind }) => kind === REVEAL.kind)
      if (reveal === undefined) return
      const { job, step, slot } = decodeBody(REVEAL.body, reveal.body, 'reveal', TRUSTED)
      const seals = sealsOf(facts, signed).filter(({ body }) => body.job === job && body.step === step)
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

function sealsOf(facts: Facts, signed: readonly SignedEvidence[]) {
  return signed.flatMap(({ kind, signer, body, sig }) => {
    if (kind !== SEAL.kind || !facts.witnesses.includes(signer)) return []
    if (!facts.verify({ signer, message: signingBytes(kind, facts.swarm, body), sig })) return []
    return [{ witness: signer, body: decodeBody(SEAL.body, body, 'seal', TRUSTED) }]
  })
}

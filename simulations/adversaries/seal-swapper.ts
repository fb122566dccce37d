import { PROPOSAL, valueDigestOf } from '../../protocol/agreement/messages.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { SEAL } from '../../protocol/jobs/messages.ts'
import { type CreateAdversary, type Means, signed } from './adversary.ts'
import { createSideProposals, type Proposal } from './side-proposals.ts'

const SEALS_TWICE_PPM = 300_000

/**
 * A witness that seals twice. As steward it shows runners one seal and puts another into the close, as if
 * nobody had seen the first (6.7: so could a copier be let in after a reveal).
 */
export const createSealSwapper: CreateAdversary = (means) => {
  const side = createSideProposals(means)
  return {
    incoming: (message) => side.onMessage(message),
    outgoing(sent) {
      if (sent.kind === 'propose') return [side.show(sent.to, swapped(means, sent.body))]
      if (sent.kind !== 'seal' || !means.random.chance(SEALS_TWICE_PPM)) return [sent]
      return [sent, signed(means, sent.to, SEAL, { ...sent.body, started: [] })]
    },
  }
}

function swapped({ signer, roster }: Means, proposal: Proposal): Proposal {
  const { value } = proposal
  if (value.type !== 'close' && value.type !== 'again') return proposal
  const seals = value.seals.map((seal) => {
    if (seal.signer !== signer.id) return seal
    const started = seal.body.started.length > 0 ? [] : [{ slot: 0, peer: signer.id }]
    return sign(signer, roster.swarm, SEAL, { ...seal.body, started })
  })
  const other = { ...value, seals }
  const ballot = { ...proposal.proposal.body, value: valueDigestOf(other) }
  return { ...proposal, proposal: sign(signer, roster.swarm, PROPOSAL, ballot), value: other }
}

import { type Ballot, PROPOSAL, valueDigestOf } from '../../protocol/agreement/messages.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { parseJobInstance } from '../../protocol/ids.ts'
import { electionOf } from '../../protocol/jobs/assign.ts'
import type { AssignValue } from '../../protocol/jobs/value.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import { foundingSnapshot } from '../../protocol/trust/snapshot.ts'
import type { CreateAdversary, Means } from './adversary.ts'
import { createSideProposals, type Proposal } from './side-proposals.ts'

/** Proposes two values in one round, to different witnesses and to the same ones, and drives both. */
export const createForkingProposer: CreateAdversary = (means, view) => {
  const { random } = means
  const side = createSideProposals(means)
  const twins = new Map<string, Proposal | undefined>()

  const twinOf = (proposal: Proposal): Proposal | undefined => {
    const { instance, round } = proposal.proposal.body
    const name = `${instance} ${round}`
    if (!twins.has(name)) twins.set(name, makeTwin(means, view, proposal))
    return twins.get(name)
  }

  return {
    incoming: (message) => side.onMessage(message),
    outgoing(sent) {
      if (sent.kind !== 'propose') return [sent]
      const twin = twinOf(sent.body)
      if (twin === undefined) return [sent]
      const other = side.show(sent.to, twin)
      return random.pick([[sent], [other], [sent, other], [other, sent]])
    },
  }
}

function makeTwin(
  { signer, roster }: Means,
  view: PeerView,
  { proposal, value, newviews }: Proposal,
): Proposal | undefined {
  if (value.type !== 'assign') return undefined
  const other = otherAssignment(roster, view, value, proposal.body)
  if (other === undefined) return undefined
  const body = { ...proposal.body, value: valueDigestOf(other) }
  return { proposal: sign(signer, roster.swarm, PROPOSAL, body), value: other, newviews }
}

/** As valid as the first: one bid fewer, elected anew; else without its receipts. */
export function otherAssignment(
  roster: Means['roster'],
  view: PeerView,
  value: AssignValue,
  { instance }: Ballot,
): AssignValue | undefined {
  const job = parseJobInstance(instance)?.job
  const spec = job === undefined ? undefined : view.job(job)?.spec
  if (spec === undefined) return undefined
  for (const dropped of value.bids) {
    const bids = value.bids.filter((bid) => bid !== dropped)
    const snapshot = foundingSnapshot(roster.charter)
    const operators = value.operators.filter((_label, at) => value.bids[at] !== dropped)
    const { slots, standbys } = electionOf(spec, bids, value.beacon, { operators, snapshot })
    if (slots.length === 0) continue
    const assigned = slots.map((peer, slot) => ({ slot, peer }))
    return { ...value, bids, operators, slots: assigned, standbys, receipts: [] }
  }
  return value.receipts.length === 0 ? undefined : { ...value, receipts: [] }
}

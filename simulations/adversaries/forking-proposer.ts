import {
  COMMIT_BALLOT,
  type Ballot,
  PREPARE,
  PROPOSAL,
  valueDigestOf,
} from '../../protocol/agreement/messages.ts'
import { electionOf } from '../../protocol/jobs/assign.ts'
import type { AssignValue } from '../../protocol/jobs/value.ts'
import type { BodyOf } from '../../protocol/encoding/kinds.ts'
import { quorumOf } from '../../protocol/encoding/quorum.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { parseJobInstance } from '../../protocol/ids.ts'
import type { Message } from '../../protocol/intake/message.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import { foundingSnapshot } from '../../protocol/trust/snapshot.ts'
import { type CreateAdversary, type Means, type Outgoing, plain, toWitnesses } from './adversary.ts'

type Proposal = BodyOf<'propose'>

/** One further value of a round, driven beside the mind's own. */
interface Twin {
  readonly proposal: Proposal
  readonly prepares: Map<number, Uint8Array>
  readonly commits: Map<number, Uint8Array>
}

/** Proposes two values in one round, to different witnesses and to the same ones, and drives both. */
export const createForkingProposer: CreateAdversary = (means, view) => {
  const { random } = means
  const twins = new Map<string, Twin | undefined>()

  const twinOf = (proposal: Proposal): Twin | undefined => {
    const name = nameOf(proposal.proposal.body)
    if (!twins.has(name)) twins.set(name, makeTwin(means, view, proposal))
    return twins.get(name)
  }

  return {
    outgoing(sent) {
      if (sent.kind !== 'propose') return [sent]
      const twin = twinOf(sent.body)
      if (twin === undefined) return [sent]
      const other = plain(means, sent.to, 'propose', twin.proposal)
      return random.pick([[sent], [other], [sent, other], [other, sent]])
    },
    incoming(message) {
      if (message.kind !== 'prepare' && message.kind !== 'commit') return []
      const twin = twins.get(nameOf(message.body))
      if (twin?.proposal.proposal.body.value !== message.body.value) return []
      return advance(means, twin, message)
    },
  }
}

function nameOf({ instance, round }: Ballot): string {
  return `${instance} ${round}`
}

function advance(
  means: Means,
  twin: Twin,
  { kind, signer, body, sig }: Extract<Message, { kind: 'prepare' | 'commit' }>,
): readonly Outgoing[] {
  const { epoch } = means.roster
  const position = means.roster.witnessPosition(signer)
  const votes = kind === PREPARE.kind ? twin.prepares : twin.commits
  if (position < 0) return []
  votes.set(position, sig)
  if (votes.size < epoch.sizes.quorum) return []
  const quorum = quorumOf(epoch.number, epoch.witnesses.length, votes)
  const { instance, round } = body
  const decision = { instance, round, value: twin.proposal.value, quorum }
  return toWitnesses(means, (to) =>
    kind === COMMIT_BALLOT.kind
      ? plain(means, to, 'decision', decision)
      : plain(means, to, 'prepared', { ballot: body, quorum }),
  )
}

function makeTwin({ signer, roster }: Means, view: PeerView, { proposal, value, newviews }: Proposal) {
  if (value.type !== 'assign') return undefined
  const other = otherAssignment(roster, view, value, proposal.body)
  if (other === undefined) return undefined
  const body = { ...proposal.body, value: valueDigestOf(other) }
  const twin: Proposal = { proposal: sign(signer, roster.swarm, PROPOSAL, body), value: other, newviews }
  return { proposal: twin, prepares: new Map<number, Uint8Array>(), commits: new Map<number, Uint8Array>() }
}

/** As valid as the first: one bid fewer, elected anew; else without its receipts. */
function otherAssignment(
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
    const { slots, standbys } = electionOf(spec, bids, value.beacon, { roster, snapshot })
    if (slots.length === 0) continue
    return { ...value, bids, slots: slots.map((peer, slot) => ({ slot, peer })), standbys, receipts: [] }
  }
  return value.receipts.length === 0 ? undefined : { ...value, receipts: [] }
}

import { PROPOSAL, valueDigestOf, type Decision } from '../../protocol/agreement/messages.ts'
import { quorumOf } from '../../protocol/encoding/quorum.ts'
import { parseJobInstance } from '../../protocol/ids.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { type CreateAdversary, plain, toWitnesses } from './adversary.ts'
import { otherAssignment } from './forking-proposer.ts'
import { createSideProposals, type Proposal } from './side-proposals.ts'

const SHOWN_PPM = 300_000

interface Kept {
  readonly proposal: Proposal
  readonly commits: Map<number, Uint8Array>
  decision: Decision | undefined
}

/**
 * A payer that is its jobs' steward: it has an assignment decided, keeps the decision to itself, proposes another one as
 * soon as the epoch is closed, and shows then what it has kept.
 */
export const createDecisionKeeper: CreateAdversary = (means, view) => {
  const { roster, random, signer } = means
  const side = createSideProposals(means)
  const kept = new Map<string, Kept>()
  const twins = new Map<string, Proposal | undefined>()

  const keep = (instance: string, round: number, position: number, sig: Uint8Array): boolean => {
    const one = kept.get(instance)
    if (one === undefined || one.proposal.proposal.body.round !== round || position < 0) return false
    one.commits.set(position, sig)
    const { number, witnesses, sizes } = roster.epoch
    if (one.commits.size >= sizes.quorum) {
      const { body } = one.proposal.proposal
      const quorum = quorumOf(number, witnesses.length, one.commits)
      one.decision ??= { instance: body.instance, round, value: one.proposal.value, quorum }
    }
    return true
  }

  /** Another assignment in the place of the one that is decided, where a later epoch's proposal allows it. */
  const twinOf = (proposal: Proposal): Proposal | undefined => {
    const { body } = proposal.proposal
    const name = `${body.instance} ${body.epoch}.${body.round}`
    if (twins.has(name)) return twins.get(name)
    const { value } = proposal
    const other = value.type === 'assign' ? otherAssignment(roster, view, value, body) : undefined
    const changed = other && { ...body, value: valueDigestOf(other) }
    const twin = changed && {
      ...proposal,
      proposal: sign(signer, roster.swarm, PROPOSAL, changed),
      value: other,
    }
    twins.set(name, twin)
    return twin
  }

  return {
    incoming(message) {
      if (message.kind === 'commit' && message.body.epoch === roster.epoch.number) {
        const { instance, epoch, round } = message.body
        const isOf = kept.get(instance)?.proposal.proposal.body.epoch === epoch
        if (isOf && keep(instance, round, roster.witnessPosition(message.signer), message.sig))
          return { handled: [] }
      }
      return side.onMessage(message)
    },
    outgoing(sent) {
      if (sent.kind !== 'propose' || parseJobInstance(sent.body.proposal.body.instance)?.step !== 0)
        return [sent]
      const { instance, epoch } = sent.body.proposal.body
      const before = kept.get(instance)
      if (before === undefined || before.proposal.proposal.body.epoch === epoch) {
        if (before === undefined)
          kept.set(instance, { proposal: sent.body, commits: new Map(), decision: undefined })
        return [sent]
      }
      const twin = before.decision === undefined ? undefined : twinOf(sent.body)
      return [twin === undefined ? sent : side.show(sent.to, twin)]
    },
    tick: () =>
      [...kept.values()].flatMap(({ decision }) => {
        if (decision === undefined || decision.quorum.epoch === roster.epoch.number) return []
        return random.chance(SHOWN_PPM)
          ? toWitnesses(means, (to) => plain(means, to, 'decision', decision))
          : []
      }),
  }
}

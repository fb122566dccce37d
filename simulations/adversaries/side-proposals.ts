import { type Ballot, COMMIT_BALLOT, PREPARE } from '../../protocol/agreement/messages.ts'
import type { BodyOf } from '../../protocol/encoding/kinds.ts'
import { quorumOf } from '../../protocol/encoding/quorum.ts'
import { sign, type SignedKind } from '../../protocol/encoding/signed.ts'
import type { PeerId } from '../../protocol/ids.ts'
import type { Message } from '../../protocol/intake/message.ts'
import { type Means, type Outgoing, plain, toWitnesses } from './adversary.ts'

export type Proposal = BodyOf<'propose'>

/**
 * Gets values decided that the adversary's own mind knows nothing of, if witnesses let it. It prepares and commits
 * each of them itself, if it is a witness.
 */
export interface SideProposals {
  show(to: PeerId, proposal: Proposal): Outgoing
  /** To be shown every message: quorums of prepares and commits are passed on to all witnesses. */
  onMessage(message: Message): readonly Outgoing[]
}

interface Driven {
  readonly proposal: Proposal
  readonly prepares: Map<number, Uint8Array>
  readonly commits: Map<number, Uint8Array>
}

export function createSideProposals(means: Means): SideProposals {
  const { roster } = means
  const driven = new Map<string, Driven>()
  const nameOf = ({ instance, epoch, round, value }: Ballot) => `${instance} ${epoch}.${round} ${value}`

  return {
    show(to, proposal) {
      const name = nameOf(proposal.proposal.body)
      if (!driven.has(name)) {
        const { body } = proposal.proposal
        const prepares = ownVote(means, PREPARE, body)
        driven.set(name, { proposal, prepares, commits: ownVote(means, COMMIT_BALLOT, body) })
      }
      return plain(means, to, 'propose', proposal)
    },
    onMessage(message) {
      if (message.kind !== PREPARE.kind && message.kind !== COMMIT_BALLOT.kind) return []
      const { kind, signer, body, sig } = message as Extract<Message, { kind: 'prepare' | 'commit' }>
      const drive = driven.get(nameOf(body))
      const position = roster.witnessPosition(signer)
      if (drive === undefined || position < 0 || body.epoch !== roster.epoch.number) return []
      const votes = kind === 'prepare' ? drive.prepares : drive.commits
      votes.set(position, sig)
      const { number, witnesses, sizes } = roster.epoch
      if (votes.size < sizes.quorum) return []
      const quorum = quorumOf(number, witnesses.length, votes)
      const { instance, round } = body
      const decision = { instance, round, value: drive.proposal.value, quorum }
      return toWitnesses(means, (to) =>
        kind === 'commit'
          ? plain(means, to, 'decision', decision)
          : plain(means, to, 'prepared', { ballot: body, quorum }),
      )
    },
  }
}

function ownVote({ signer, roster }: Means, kind: SignedKind<Ballot>, body: Ballot): Map<number, Uint8Array> {
  const position = roster.witnessPosition(signer.id)
  const sig = position < 0 ? undefined : sign(signer, roster.swarm, kind, body).sig
  return new Map(sig === undefined ? [] : [[position, sig]])
}

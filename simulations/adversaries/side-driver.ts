import type { BodyOf } from '../../protocol/encoding/kinds.ts'
import { quorumOf } from '../../protocol/encoding/quorum.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import type { Message } from '../../protocol/intake/message.ts'
import { entryIdOf, type SignedEntry, VOTE } from '../../protocol/ledger/entry.ts'
import { certificateFact, type Fact } from '../../protocol/ledger/fact.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { type Means, type Outgoing, plain, toWitnesses } from './adversary.ts'

type Evidence = BodyOf<'certify'>['evidence']

/**
 * Gets entries certified that the adversary's own mind knows nothing of, if witnesses let it. It votes for each
 * of them itself, if it is a witness.
 */
export interface SideDriver {
  ask(to: PeerId, entry: SignedEntry, evidence?: Evidence): Outgoing
  /** To be shown every message: the certificate that this vote completes, for the adversary alone. */
  certificateBy(message: Message): Fact | undefined
  /** To be shown every message: a quorum of votes is made known to all witnesses. */
  onMessage(message: Message): readonly Outgoing[]
}

interface Driven {
  readonly entry: SignedEntry
  readonly votes: Map<number, Uint8Array>
}

export function createSideDriver(means: Means): SideDriver {
  const { roster } = means
  const driven = new Map<string, Driven>()
  // Votes count together only within one epoch.
  const nameOf = ({ epoch, entry }: { readonly epoch: number; readonly entry: string }) => `${epoch} ${entry}`

  const certificateBy: SideDriver['certificateBy'] = (message) => {
    if (message.kind !== 'vote') return undefined
    const drive = driven.get(nameOf(message.body))
    const position = roster.witnessPosition(message.signer)
    if (drive === undefined || position < 0 || message.body.epoch !== roster.epoch.number) return undefined
    drive.votes.set(position, message.sig)
    const { number, witnesses, sizes } = roster.epoch
    if (drive.votes.size < sizes.quorum) return undefined
    return certificateFact({ entry: drive.entry, quorum: quorumOf(number, witnesses.length, drive.votes) })
  }

  return {
    ask(to, entry, evidence = []) {
      const name = nameOf({ epoch: roster.epoch.number, entry: entryIdOf(entry) })
      if (!driven.has(name)) driven.set(name, { entry, votes: ownVote(means, entry) })
      return plain(means, to, 'certify', { epoch: roster.epoch.number, entry, evidence })
    },
    certificateBy,
    onMessage(message) {
      const fact = certificateBy(message)
      return fact === undefined
        ? []
        : toWitnesses(means, (to) => plain(means, to, 'facts', { facts: [fact] }))
    },
  }
}

function ownVote({ signer, roster }: Means, entry: SignedEntry): Map<number, Uint8Array> {
  const position = roster.witnessPosition(signer.id)
  if (position < 0) return new Map()
  const { account, seq } = entry.body
  const body = { epoch: roster.epoch.number, account, seq, entry: entryIdOf(entry) }
  return new Map([[position, sign(signer, roster.swarm, VOTE, body).sig]])
}

import { quorumOf } from '../../protocol/encoding/quorum.ts'
import type { Message } from '../../protocol/intake/message.ts'
import { entryIdOf, type SignedEntry } from '../../protocol/ledger/entry.ts'
import { certificateFact } from '../../protocol/ledger/fact.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { type Means, type Outgoing, plain, toWitnesses } from './adversary.ts'

/** Gets entries certified that the adversary's own mind knows nothing of, if witnesses let it. */
export interface SideDriver {
  ask(to: PeerId, entry: SignedEntry): Outgoing
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
  return {
    ask(to, entry) {
      const id = entryIdOf(entry)
      if (!driven.has(id)) driven.set(id, { entry, votes: new Map() })
      return plain(means, to, 'certify', { epoch: roster.epoch.number, entry, evidence: [] })
    },
    onMessage(message) {
      if (message.kind !== 'vote') return []
      const drive = driven.get(message.body.entry)
      const position = roster.witnessPosition(message.signer)
      if (drive === undefined || position < 0) return []
      drive.votes.set(position, message.sig)
      const { number, witnesses, sizes } = roster.epoch
      if (drive.votes.size < sizes.quorum) return []
      const quorum = quorumOf(number, witnesses.length, drive.votes)
      const facts = [certificateFact({ entry: drive.entry, quorum })]
      return toWitnesses(means, (to) => plain(means, to, 'facts', { facts }))
    },
  }
}

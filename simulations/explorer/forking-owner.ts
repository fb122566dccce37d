import type { Signer } from '../../protocol/crypto/signer.ts'
import { ownMessage } from '../../protocol/crypto/verified.ts'
import { plainFrame, signedFrame } from '../../protocol/encoding/envelope.ts'
import { quorumOf } from '../../protocol/encoding/quorum.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import type { PeerId } from '../../protocol/ids.ts'
import type { Message } from '../../protocol/intake/message.ts'
import { ENTRY, entryIdOf, genesisOf, type SignedEntry, VOTE } from '../../protocol/ledger/entry.ts'
import { certificateFact } from '../../protocol/ledger/fact.ts'
import { createPeer } from '../../protocol/peer/peer.ts'
import type { Actor, Model, NodeSpec, Sent } from './model.ts'
import { createSmallSwarm, type SmallSwarm } from './small-swarm.ts'

const AMOUNT_UNITS = 10_000n
/** Nothing that a witness does with an entry depends on the time. */
const NOW_MS = 1_000_000

/**
 * A minter that signs two entries for one place of its chain and shows both to every witness, whole minds all
 * of them. It makes a certificate out of whatever votes suffice. With four witnesses one votes for both.
 */
export function forkingOwnerModel(count: 3 | 4): Model {
  const swarm = createSmallSwarm(count)
  const liars = count === 4 ? swarm.witnesses.slice(-1) : []
  const correct = swarm.witnesses.filter((one) => !liars.includes(one))
  const entries = correct.slice(0, 2).map(({ id }) => entryTo(swarm, id))
  const shown = correct.flatMap(({ id }) => entries.map((entry) => certifyFrame(swarm, id, entry)))
  const lies = liars.flatMap((liar) => entries.map((entry) => voteFrame(swarm, liar, entry)))
  return {
    name: `forking owner, ${count} witnesses${liars.length > 0 ? ', one votes for everything' : ''}`,
    nodes: correct.map((signer) => mindOf(swarm, signer)),
    initial: [...shown, ...lies],
    adversary: (sent) => entries.flatMap((entry) => certificateFrames(swarm, correct, entry, sent)),
    delivered: new Set(['certify', 'facts', 'vote']),
    counted: new Set(),
    crashes: 2,
    turns: 0,
    depth: 12,
    facts: swarm.facts(liars),
  }
}

function mindOf({ roster }: SmallSwarm, signer: Signer): NodeSpec {
  const create = (): Actor => {
    const mind = createPeer({ signer, charter: roster.charter, rules: roster.charter.rules })
    return {
      restore: (record) => mind.restore(record),
      handle(happening) {
        if (happening.type === 'message')
          return mind.handle({ type: 'message', message: ownMessage(happening.message) }, NOW_MS)
        if (happening.type === 'turn') return []
        return mind.handle({ type: 'start', boot: 1, addresses: [], version: 'explorer' }, NOW_MS)
      },
    }
  }
  return { id: signer.id, create, hasTurn: false }
}

function entryTo({ roster, minter }: SmallSwarm, to: PeerId): SignedEntry {
  return sign(minter, roster.swarm, ENTRY, {
    account: minter.id,
    seq: 0,
    prev: genesisOf(roster.swarm, minter.id),
    claims: [],
    ops: [{ type: 'mint', to, amount: AMOUNT_UNITS, memo: '' }],
    free: 0n,
  })
}

function certifyFrame({ roster, minter }: SmallSwarm, to: PeerId, entry: SignedEntry): Sent {
  const body = { epoch: roster.epoch.number, entry, evidence: [] }
  return { from: minter.id, to, frame: plainFrame(roster.swarm, minter.id, 'certify', body) }
}

function voteFrame({ roster, minter }: SmallSwarm, liar: Signer, entry: SignedEntry): Sent {
  const { account, seq } = entry.body
  const vote = { epoch: roster.epoch.number, account, seq, entry: entryIdOf(entry) }
  const frame = signedFrame(roster.swarm, 'vote', sign(liar, roster.swarm, VOTE, vote))
  return { from: liar.id, to: minter.id, frame }
}

/** A certificate for all, once enough votes for the entry are under way to its owner. */
function certificateFrames(
  { roster, minter }: SmallSwarm,
  receivers: readonly Signer[],
  entry: SignedEntry,
  sent: readonly Message[],
): readonly Sent[] {
  const { number, witnesses, sizes } = roster.epoch
  const votes = new Map<number, Uint8Array>()
  for (const message of sent) {
    if (message.kind !== 'vote' || message.body.entry !== entryIdOf(entry)) continue
    // One certificate is enough: further votes would only name the same fact anew.
    if (votes.size < sizes.quorum) votes.set(roster.witnessPosition(message.signer), message.sig)
  }
  if (votes.size < sizes.quorum) return []
  const certificate = { entry, quorum: quorumOf(number, witnesses.length, votes) }
  const body = { facts: [certificateFact(certificate)] }
  const frame = plainFrame(roster.swarm, minter.id, 'facts', body)
  return receivers.map(({ id }) => ({ from: minter.id, to: id, frame }))
}

import {
  type Ballot,
  COMMIT_BALLOT,
  type Decision,
  valueDigestOf,
} from '../../protocol/agreement/messages.ts'
import type { Value } from '../../protocol/agreement/value.ts'
import type { Signer } from '../../protocol/crypto/signer.ts'
import { signedFrame } from '../../protocol/encoding/envelope.ts'
import { signTogether } from '../../protocol/encoding/multi-signed.ts'
import { quorumOf } from '../../protocol/encoding/quorum.ts'
import { type Signed, type SignedKind, sign } from '../../protocol/encoding/signed.ts'
import type { SignedOrder } from '../../protocol/epoch/value.ts'
import { epochInstance, type InstanceId, jobInstance, type PeerId } from '../../protocol/ids.ts'
import { ENTRY, entryIdOf, genesisOf, type SignedEntry, VOTE } from '../../protocol/ledger/entry.ts'
import { certificateFact, type Fact } from '../../protocol/ledger/fact.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import { EPOCH_ORDER, type Governance } from '../../protocol/swarm/governance.ts'
import type { Means, Outgoing } from './adversary.ts'

const MINTED_UNITS = 7_000_000n

/** What can be made with the keys of those who have left; undefined where they are too few, or there's nothing to sign. */
export interface Forgery {
  /** One that nobody was shown: the thief's own for some place of its chain, or money out of a lost minter's key. */
  entry(): SignedEntry | undefined
  certificate(epoch: number, entry: SignedEntry): Fact | undefined
  /** Votes of that epoch, and of the current one by witnesses that it doesn't have. */
  votes(to: PeerId, epoch: number, entry: SignedEntry): readonly Outgoing[]
  voided(epoch: number): Decision | undefined
  /** Another epoch in the place of the one that followed, or of the next one. */
  epoch(epoch: number): Decision | undefined
  order(epoch: number): SignedOrder | undefined
}

export function createForgery(means: Means, view: PeerView): Forgery {
  const { roster, random, signer, loot } = means

  const stolenOf = (keys: readonly PeerId[], isStill: (peer: PeerId) => boolean): readonly Signer[] =>
    keys.flatMap((peer) => (isStill(peer) ? [] : (loot.signerOf(peer) ?? [])))

  /** A quorum's signatures over a body. */
  const quorumBy = <T>(number: number, make: (one: Signer) => Signed<T>) => {
    const epoch = roster.epochOf(number)
    if (epoch === undefined) return undefined
    const stolen = stolenOf(epoch.witnesses, roster.isWitness)
    if (stolen.length < epoch.sizes.quorum) return undefined
    const sigs = stolen
      .slice(0, epoch.sizes.quorum)
      .map((one) => [epoch.witnesses.indexOf(one.id), make(one).sig] as const)
    return quorumOf(number, epoch.witnesses.length, new Map(sigs))
  }

  const decision = (epoch: number, instance: InstanceId, value: Value): Decision | undefined => {
    const body: Ballot = { instance, epoch, round: 0, value: valueDigestOf(value) }
    const kind: SignedKind<Ballot> = COMMIT_BALLOT
    const quorum = quorumBy(epoch, (one) => sign(one, roster.swarm, kind, body))
    return quorum && { instance, round: 0, value, quorum }
  }

  /** The thief operates and mints from now on; nobody is added, so nobody need accept. */
  const usurped = (): Governance => ({
    ...roster.governance,
    witnesses: [random.pick(roster.governance.witnesses)],
    operators: { keys: [signer.id], needed: 1 },
    minters: [signer.id],
  })

  const orderBy = (number: number, signers: readonly Signer[]) =>
    signTogether(signers, roster.swarm, EPOCH_ORDER, { number, governance: usurped() })

  const lostMinter = (): Signer | undefined => {
    const minters = Array.from({ length: roster.epoch.number }, (_, at) => roster.epochOf(at))
    const lost = minters.flatMap((epoch) => epoch?.governance.minters ?? []).filter(loot.isGone)
    return lost.length === 0 ? undefined : loot.signerOf(random.pick(lost))
  }

  return {
    entry() {
      const minter = lostMinter()
      const owner = minter !== undefined && random.chance(500_000) ? minter : signer
      const account = owner.id
      const at = view.account(account)
      const genesis = { seq: 0, head: genesisOf(roster.swarm, account), free: 0n }
      const { seq, head, free } = at ?? genesis
      const to = random.pick([...roster.members()]).peer
      const ops =
        owner === minter
          ? [{ type: 'mint', to, amount: MINTED_UNITS, memo: '' } as const]
          : [{ type: 'transfer', to, amount: free, memo: '' } as const]
      if (owner !== minter && free === 0n) return undefined
      const left = owner === minter ? free : 0n
      return sign(owner, roster.swarm, ENTRY, { account, seq, prev: head, claims: [], ops, free: left })
    },
    certificate(epoch, entry) {
      const { account, seq } = entry.body
      const body = { epoch, account, seq, entry: entryIdOf(entry) }
      const quorum = quorumBy(epoch, (one) => sign(one, roster.swarm, VOTE, body))
      return quorum && certificateFact({ entry, quorum })
    },
    votes(to, epoch, entry) {
      const { account, seq } = entry.body
      const stolen = stolenOf(roster.epochOf(epoch)?.witnesses ?? [], roster.isWitness)
      const numbers = [epoch, roster.epoch.number]
      return stolen.map((one) => {
        const body = { epoch: random.pick(numbers), account, seq, entry: entryIdOf(entry) }
        const frame = signedFrame(roster.swarm, 'vote', sign(one, roster.swarm, VOTE, body))
        return { to, kind: 'vote', frame }
      })
    },
    voided(epoch) {
      const [job] = view.openJobs()
      if (job === undefined) return undefined
      const step = random.below(3)
      return decision(epoch, jobInstance(job.job, step), { type: 'void', reason: 'expired' })
    },
    epoch(epoch) {
      const { witnesses = [] } = roster.epochOf(epoch) ?? {}
      const number = random.pick([epoch + 1, roster.epoch.number + 1])
      const order = orderBy(number, stolenOf(witnesses, roster.isWitness))
      if (order.signatures.length === 0) return undefined
      const root = view.ledgerRoot()
      return decision(epoch, epochInstance(number), { type: 'epoch', order, accepts: [], root, handover: [] })
    },
    order(epoch) {
      const { witnesses = [], governance } = roster.epochOf(epoch) ?? {}
      const isStill = (peer: PeerId) =>
        roster.isWitness(peer) || roster.governance.operators.keys.includes(peer)
      const signers = stolenOf([...witnesses, ...(governance?.operators.keys ?? [])], isStill)
      return signers.length === 0 ? undefined : orderBy(roster.epoch.number + 1, signers)
    },
  }
}

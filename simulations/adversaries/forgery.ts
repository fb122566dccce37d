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
import { emptyListOf } from '../../protocol/epoch/pieces.ts'
import type { SignedOrder } from '../../protocol/epoch/value.ts'
import { type Digest, epochInstance, type InstanceId, jobInstance, type PeerId } from '../../protocol/ids.ts'
import {
  ENTRY,
  type Entry,
  entryIdOf,
  genesisOf,
  type Operation,
  type SignedEntry,
  VOTE,
} from '../../protocol/ledger/entry.ts'
import { certificateFact, type Fact } from '../../protocol/ledger/fact.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import { EPOCH_ORDER, type Governance } from '../../protocol/swarm/governance.ts'
import type { Means, Outgoing } from './adversary.ts'

const MINTED_UNITS = 7_000_000n
const MINTS_PPM = 500_000

/** What can be made with the keys of those who have left; undefined where they are too few, or there's nothing to sign. */
export interface Forgery {
  /** Money out of the key of one that minted once and has gone for good. */
  mint(): SignedEntry | undefined
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

interface Place {
  readonly seq: number
  readonly head: Digest
  readonly free: bigint
}

function entryAt(account: PeerId, { seq, head }: Place, ops: readonly Operation[], free: bigint): Entry {
  return { account, seq, prev: head, claims: [], ops, free }
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

  /** One that still mints, though it has gone, may do so with whoever has its key. */
  const isPast = (peer: PeerId) => loot.isGone(peer) && !roster.governance.minters.includes(peer)

  const lostMinter = (): Signer | undefined => {
    const minters = Array.from({ length: roster.epoch.number }, (_, at) => roster.epochOf(at))
    const lost = minters.flatMap((epoch) => epoch?.governance.minters ?? []).filter(isPast)
    return lost.length === 0 ? undefined : loot.signerOf(random.pick(lost))
  }

  const someone = () => random.pick([...roster.members()]).peer

  const placeOf = (account: PeerId) =>
    view.account(account) ?? { seq: 0, head: genesisOf(roster.swarm, account), free: 0n }

  const mint = (): SignedEntry | undefined => {
    const minter = lostMinter()
    if (minter === undefined) return undefined
    const before = placeOf(minter.id)
    const op = { type: 'mint', to: someone(), amount: MINTED_UNITS, memo: '' } as const
    return sign(minter, roster.swarm, ENTRY, entryAt(minter.id, before, [op], before.free))
  }

  return {
    mint,
    entry() {
      if (random.chance(MINTS_PPM)) return mint()
      const before = placeOf(signer.id)
      if (before.free === 0n) return undefined
      const op = { type: 'transfer', to: someone(), amount: before.free, memo: '' } as const
      return sign(signer, roster.swarm, ENTRY, entryAt(signer.id, before, [op], 0n))
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
      return decision(epoch, jobInstance(job.job, step), { type: 'void', reason: 'expired', cancel: null })
    },
    epoch(epoch) {
      const { witnesses = [] } = roster.epochOf(epoch) ?? {}
      const number = random.pick([epoch + 1, roster.epoch.number + 1])
      const order = orderBy(number, stolenOf(witnesses, roster.isWitness))
      if (order.signatures.length === 0) return undefined
      const root = view.ledgerRoot()
      const handover = emptyListOf(number)
      return decision(epoch, epochInstance(number), { type: 'epoch', order, accepts: [], root, handover })
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

import { signTogether } from '../../protocol/encoding/multi-signed.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { ENTRY, genesisOf, type Operation, type SignedEntry } from '../../protocol/ledger/entry.ts'
import { type ForkProof, forkProofOf, RESOLVE } from '../../protocol/ledger/resolution.ts'
import type { PeerView } from '../../protocol/peer/view.ts'
import type { Governance } from '../../protocol/swarm/governance.ts'
import { REVOCATION } from '../../protocol/swarm/invitation.ts'
import { type CreateAdversary, type Means, type Outgoing, plain, toWitnesses } from './adversary.ts'
import { createSideDriver } from './side-driver.ts'

const MINTED_UNITS = 9_000_000n
const SPENT_UNITS = 10_000n
/** While nobody is bound to either entry a settlement chooses between them. */
const DRIVES_HARMLESS_PPM = 300_000
/** Settlements of its account that it counts on having missed none of. */
const NUMBERS_MAX = 3

/** What a settled place was asked for with. */
interface Claimed {
  readonly wanted: SignedEntry
  readonly harmless: SignedEntry
  readonly proof: ForkProof
}

/**
 * An owner that minted or operated in an earlier epoch and does so no longer. It signs two entries for the next place of
 * its account, one that needs the right that it had and one that needs none (or both do), shows them to the witnesses and
 * asks for its fork to be settled: what no witness votes for mustn't come about by a settlement or a handover either.
 */
export const createLapsedOfficial: CreateAdversary = (means, view) => {
  const side = createSideDriver(means)
  const claims = new Map<number, Claimed | undefined>()
  const claimed = (): Claimed | undefined => {
    const seq = view.account(means.signer.id)?.seq ?? 0
    if (!claims.has(seq)) claims.set(seq, drawClaim(means, view))
    return claims.get(seq)
  }
  return {
    incoming: (message) => side.onMessage(message),
    tick() {
      const lost = lostBy(means)
      const claim = lost.mint || lost.revoke !== undefined ? claimed() : undefined
      if (claim === undefined) return []
      const { random } = means
      const shown = random.chance(DRIVES_HARMLESS_PPM) ? claim.harmless : claim.wanted
      return [...toWitnesses(means, (to) => side.ask(to, shown)), ...askToSettle(means, claim.proof)]
    },
  }
}

interface Lost {
  readonly mint: boolean
  /** The newest epoch whose operator it was alone, where it is none any more. */
  readonly revoke: number | undefined
}

function lostBy({ roster, signer }: Means): Lost {
  const past = Array.from({ length: roster.epoch.number }, (_, number) => ({
    number,
    governance: roster.epochOf(number)?.governance,
  }))
  const isMinter = ({ minters }: Governance) => minters.includes(signer.id)
  const isOperator = ({ operators: { keys, needed } }: Governance) => needed === 1 && keys.includes(signer.id)
  const before = (has: (governance: Governance) => boolean) =>
    has(roster.governance)
      ? undefined
      : past.findLast(({ governance }) => governance !== undefined && has(governance))?.number
  return { mint: before(isMinter) !== undefined, revoke: before(isOperator) }
}

function drawClaim(means: Means, view: PeerView): Claimed | undefined {
  const { random, signer, roster } = means
  const { mint, revoke } = lostBy(means)
  const { seq, head, free } = view.account(signer.id) ?? {
    seq: 0,
    head: genesisOf(roster.swarm, signer.id),
    free: 0n,
  }
  const entryOf = (op: Operation, left = free) =>
    sign(signer, roster.swarm, ENTRY, {
      account: signer.id,
      seq,
      prev: head,
      claims: [],
      ops: [op],
      free: left,
    })
  const someone = (): PeerId => random.pick([...roster.members()]).peer
  const wants = [
    ...(mint ? [() => minting(someone())] : []),
    ...(revoke === undefined ? [] : [() => revoking(means, someone(), revoke)]),
  ]
  if (wants.length === 0) return undefined
  const wanted = entryOf(random.pick(wants)())
  const isPlain = free >= SPENT_UNITS && random.chance(500_000)
  const harmless = isPlain
    ? entryOf({ type: 'transfer', to: someone(), amount: SPENT_UNITS, memo: '' }, free - SPENT_UNITS)
    : entryOf(random.pick(wants)())
  const proof = forkProofOf(wanted, harmless)
  return proof && { wanted, harmless, proof }
}

function minting(to: PeerId): Operation {
  return { type: 'mint', to, amount: MINTED_UNITS, memo: '' }
}

function revoking({ signer, roster }: Means, key: PeerId, epoch: number): Operation {
  return { type: 'revoke', revocation: signTogether([signer], roster.swarm, REVOCATION, { key, epoch }) }
}

/** Witnesses hold a request for the next settlement alone; how many there were only they know for sure. */
function askToSettle(means: Means, proof: ForkProof): readonly Outgoing[] {
  const { signer, roster } = means
  return Array.from({ length: NUMBERS_MAX }, (_, number) =>
    sign(signer, roster.swarm, RESOLVE, { account: signer.id, number }),
  ).flatMap((request) => toWitnesses(means, (to) => plain(means, to, 'resolve', { request, proof })))
}

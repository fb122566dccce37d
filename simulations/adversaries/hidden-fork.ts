import { PROPOSAL, valueDigestOf } from '../../protocol/agreement/messages.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { type PeerId, resolveInstance } from '../../protocol/ids.ts'
import { ENTRY, entryIdOf, type SignedEntry } from '../../protocol/ledger/entry.ts'
import { type ForkProof, forkProofOf } from '../../protocol/ledger/resolution.ts'
import type { Means } from './adversary.ts'
import { makeTwin } from './forking-owner.ts'
import type { Proposal } from './side-proposals.ts'

/** Two entries of an adversary's own for one place, and which of them each witness is shown first, if any. */
export interface Fork {
  readonly first: SignedEntry
  readonly second: SignedEntry
  readonly proof: ForkProof
  readonly shown: ReadonlyMap<PeerId, SignedEntry>
  /** Witnesses that have voted for either. */
  readonly bound: Set<PeerId>
}

/** In half of all forks the witnesses are bound, in the others most are left free. */
const SPLIT_PPM = 500_000
const SPENT_UNITS = 10_000n

/**
 * Either as many are shown the first entry as make a certificate with its own vote, and the rest the second; or
 * one is shown the second and the others are left free to be asked while the fork is being settled.
 */
export function drawFork(means: Means, first: SignedEntry): Fork | undefined {
  const { roster, signer, random } = means
  const second = makeTwin(means, first)
  const proof = second === undefined ? undefined : forkProofOf(first, second)
  if (second === undefined || proof === undefined) return undefined
  const others = random.shuffled(roster.epoch.witnesses.filter((peer) => peer !== signer.id))
  const shown = random.chance(SPLIT_PPM)
    ? others.map((peer, at) => [peer, at < roster.epoch.sizes.quorum - 1 ? first : second] as const)
    : others.slice(0, 1).map((peer) => [peer, second] as const)
  return { first, second, proof, shown: new Map(shown), bound: new Set() }
}

/** In round 0, as the natural proposer: the second entry alone. */
export function proposalOf({ signer, roster }: Means, { second }: Fork, number: number): Proposal {
  const { account, seq, prev } = second.body
  const value = { type: 'resolve', account, seq, head: prev, entries: [second] } as const
  const instance = resolveInstance(account, number)
  const body = { instance, epoch: roster.epoch.number, round: 0, value: valueDigestOf(value) }
  return { proposal: sign(signer, roster.swarm, PROPOSAL, body), value, newviews: [] }
}

/** An entry behind the first one; undefined where that leaves nothing to spend. */
export function successorOf({ signer, roster }: Means, { first }: Fork): SignedEntry | undefined {
  const { account, seq, free } = first.body
  const [to] = roster.epoch.witnesses.filter((peer) => peer !== signer.id)
  if (to === undefined || free < SPENT_UNITS) return undefined
  return sign(signer, roster.swarm, ENTRY, {
    account,
    seq: seq + 1,
    prev: entryIdOf(first),
    claims: [],
    ops: [{ type: 'transfer', to, amount: SPENT_UNITS, memo: '' }],
    free: free - SPENT_UNITS,
  })
}

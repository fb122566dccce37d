import { sign } from '../encoding/signed.ts'
import { type Digest, jobInstance, type JobId } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Decision } from '../agreement/messages.ts'
import { ENTRY, type Entry, genesisOf, type Operation, type SignedEntry } from './entry.ts'
import { type Fact, storedFact } from './fact.ts'
import type { CertifyReply } from './messages.ts'
import type { LedgerListener } from './ledger.ts'
import { createTestSwarm, type TestPeer, type TestSwarm } from './testing.ts'

export const CREDIT = 1_000_000n
export const pay = (to: TestPeer, amount: bigint): Operation => ({
  type: 'transfer',
  to: to.self,
  amount,
  memo: '',
})
export const mint = (to: TestPeer, amount: bigint): Operation => ({
  type: 'mint',
  to: to.self,
  amount,
  memo: '',
})

export function peerAt(swarm: TestSwarm, at: number): TestPeer {
  const peer = swarm.peers[at]
  if (peer === undefined) throw new RangeError(`no peer ${at}`)
  return peer
}

export const submit = (swarm: TestSwarm, peer: TestPeer, ...operations: Operation[]) =>
  swarm.act(peer, ({ ledger }, out) => ledger.submit(out, operations, 0))

export const spendable = (at: TestPeer, of: TestPeer) => {
  const view = at.mind.ledger.account(of.self)
  return (view?.free ?? 0n) + (view?.claimable ?? 0n)
}

/** Throws where the two differ, so that a test which asks for it fails. */
function same(what: string, found: bigint | number, wanted: bigint | number): void {
  if (found !== wanted) throw new Error(`${what}: ${found} instead of ${wanted}`)
}

/** Recomputed from the accounts, against what is kept up incrementally. Throws where they differ. */
export function expectConservation(peer: TestPeer): void {
  const views = [...peer.mind.ledger.accounts()]
  const sum = (of: (view: (typeof views)[number]) => bigint) =>
    views.reduce((total, view) => total + of(view), 0n)
  const supply = peer.mind.ledger.supply()
  const held = supply.free + supply.unclaimed + supply.escrowed + supply.burnt
  same(
    'free',
    supply.free,
    sum(({ free }) => free),
  )
  same(
    'escrowed',
    supply.escrowed,
    sum(({ escrowed }) => escrowed),
  )
  same('all that was minted', held, supply.minted)
}

/** All peers hold one state that conserves credits; throws otherwise. */
export function expectLevel(swarm: TestSwarm): void {
  same('different roots', new Set(swarm.peers.map(({ mind }) => mind.digest.root())).size, 1)
  for (const peer of swarm.peers) expectConservation(peer)
}

/** Four witnesses of whom the first minted ten credits to the second. */
export function funded(listener: Partial<LedgerListener> = {}): {
  swarm: TestSwarm
  minter: TestPeer
  owner: TestPeer
  other: TestPeer
} {
  const swarm = createTestSwarm({ count: 4, witnesses: 4, listener })
  const [minter, owner, other] = [peerAt(swarm, 0), peerAt(swarm, 1), peerAt(swarm, 2)]
  if (!submit(swarm, minter, mint(owner, 10n * CREDIT)).ok) throw new Error('the minter could not mint')
  swarm.run(100)
  return { swarm, minter, owner, other }
}

/** The mint's output: what the owner of `funded` can claim. */
export function sourceOf(swarm: TestSwarm): { source: Digest; index: number } {
  const minter = peerAt(swarm, 0)
  const head = minter.mind.ledger.account(minter.self)?.head
  if (head === undefined) throw new RangeError('nothing was minted')
  return { source: head, index: 0 }
}

export function signedEntry(
  swarm: TestSwarm,
  owner: TestPeer,
  parts: Pick<Entry, 'claims' | 'ops' | 'free'> & Partial<Entry>,
): SignedEntry {
  const view = owner.mind.ledger.account(owner.self)
  const prev = view?.head ?? genesisOf(swarm.roster.swarm, owner.self)
  return sign(owner.signer, swarm.roster.swarm, ENTRY, {
    account: owner.self,
    seq: view?.seq ?? 0,
    prev,
    ...parts,
  })
}

export interface Recorded {
  readonly votes: readonly Uint8Array[]
  readonly outcomes: readonly CertifyReply['outcome'][]
  readonly order: readonly string[]
}

/** What a witness answers to one request, kept from being sent. */
export function record(
  swarm: TestSwarm,
  witness: TestPeer,
  from: TestPeer,
  entry: SignedEntry,
  epoch: number,
  evidence: readonly Fact[] = [],
): Recorded {
  const votes: Uint8Array[] = []
  const outcomes: CertifyReply['outcome'][] = []
  const order: string[] = []
  swarm.act(witness, ({ ledger }, real) => {
    const out: Outbox = {
      ...real,
      write(key, value) {
        order.push(`write ${key}`)
        real.write(key, value)
      },
      send(_to, kind, body) {
        order.push(kind)
        if (kind === 'certify-reply') outcomes.push((body as CertifyReply).outcome)
      },
      sendSigned(_to, kind, signed) {
        order.push(kind)
        votes.push(signed.sig)
      },
    }
    const body = { epoch, entry, evidence }
    ledger.onCertify(out, {
      kind: 'certify',
      from: from.self,
      signer: from.self,
      body,
      bytes: entry.bytes,
      sig: entry.sig,
    })
  })
  return { votes, outcomes, order }
}

export function ask(swarm: TestSwarm, witness: TestPeer, from: TestPeer, entry: SignedEntry, epoch = 0) {
  const { votes, outcomes } = record(swarm, witness, from, entry, epoch)
  return { votes, outcomes }
}

export function askWith(
  swarm: TestSwarm,
  witness: TestPeer,
  from: TestPeer,
  entry: SignedEntry,
  stored: Uint8Array | undefined,
) {
  if (stored === undefined) throw new RangeError('no such fact')
  return record(swarm, witness, from, entry, 0, [storedFact(stored)]).outcomes
}

/** A decision that every peer gets to see; its signatures are nobody's business here. */
export function decideVoid(swarm: TestSwarm, job: JobId): void {
  const quorum = {
    epoch: 0,
    signers: Uint8Array.of(7),
    sigs: Array.from({ length: 3 }, () => new Uint8Array(64)),
  }
  const decision: Decision = {
    instance: jobInstance(job, 0),
    round: 0,
    value: { type: 'void', reason: 'unassigned', cancel: null },
    quorum,
  }
  for (const peer of swarm.peers) {
    swarm.act(peer, ({ sync }, out) => sync.facts.apply(out, { type: 'decision', decision }, peer.self))
  }
}

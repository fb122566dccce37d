import type { Signer } from '../../protocol/crypto/signer.ts'
import { ownMessage } from '../../protocol/crypto/verified.ts'
import { quorumOf } from '../../protocol/encoding/quorum.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import type { Digest } from '../../protocol/ids.ts'
import type { Message } from '../../protocol/intake/message.ts'
import { emptyAccount } from '../../protocol/ledger/account.ts'
import { ENTRY, entryIdOf, type SignedEntry, VOTE } from '../../protocol/ledger/entry.ts'
import { certificateFact, type Fact } from '../../protocol/ledger/fact.ts'
import { LIMITS } from '../../protocol/params.ts'
import { createPeer } from '../../protocol/peer/peer.ts'
import type { Peer } from '../../protocol/peer/options.ts'
import type { Write } from '../../protocol/records/record.ts'
import { type Charter, swarmIdOf } from '../../protocol/swarm/charter.ts'
import { rosterOf } from '../../protocol/swarm/live-roster.ts'
import { Ring } from './ring.ts'
import { mintTo } from './ring-load.ts'

interface MadeLedger {
  readonly charter: Charter
  readonly minter: Signer
  /** In the order of the charter's witnesses; the first q of them sign. */
  readonly witnesses: readonly Signer[]
  readonly owners: number
  readonly entries: number
}

/**
 * Certificates of a ring of owners, made with all the keys at hand: mints to every owner, then entries in turn,
 * each claiming what its owner last received. The same as live witnesses would have certified, only quicker.
 */
export function* makeCertificates({
  charter,
  minter,
  witnesses,
  owners,
  entries,
}: MadeLedger): Generator<Fact> {
  const swarm = swarmIdOf(charter)
  const { quorum } = rosterOf(charter).epoch.sizes
  const ring = new Ring(swarm, owners)

  function certified(entry: SignedEntry): Fact {
    const { account, seq } = entry.body
    const body = { epoch: 0, account, seq, entry: entryIdOf(entry) }
    const votes = witnesses
      .slice(0, quorum)
      .map((witness, at) => [at, sign(witness, swarm, VOTE, body).sig] as const)
    ring.certified(entry, body.entry)
    return certificateFact({ entry, quorum: quorumOf(0, witnesses.length, new Map(votes)) })
  }

  let { seq, head } = emptyAccount(swarm, minter.id)
  for (let at = 0; at < owners; at += LIMITS.operations) {
    const ops = ring.ids.slice(at, at + LIMITS.operations).map(mintTo)
    const entry = sign(minter, swarm, ENTRY, {
      account: minter.id,
      seq,
      prev: head,
      claims: [],
      ops,
      free: 0n,
    })
    yield certified(entry)
    seq += 1
    head = entryIdOf(entry)
  }
  for (let made = seq; made < entries; made += 1) {
    const entry = ring.entryOf(made % owners, 1)
    if (entry !== undefined) yield certified(entry)
  }
}

interface LoneMindOptions {
  readonly charter: Charter
  readonly signer: Signer
  readonly rules: Digest
  readonly record: (write: Write) => void
}

/** A mind that nobody is connected to: facts go in, records come out. */
export class LoneMind {
  readonly peer: Peer
  readonly #record: (write: Write) => void
  #now = 0

  constructor({ charter, signer, rules, record }: LoneMindOptions) {
    this.peer = createPeer({ signer, charter, rules })
    this.#record = record
  }

  apply(facts: readonly Fact[]): void {
    const { self } = this.peer.view
    const none = new Uint8Array(0)
    const message: Message = {
      kind: 'facts',
      from: self,
      signer: self,
      body: { facts },
      bytes: none,
      sig: none,
    }
    this.#now += 1
    for (const effect of this.peer.handle({ type: 'message', message: ownMessage(message) }, this.#now)) {
      if (effect.type === 'persist') effect.writes.forEach(this.#record)
    }
  }
}

import { describe, expect, it } from 'vitest'
import type { Signer } from '../crypto/signer.ts'
import { ownMessage } from '../crypto/verified.ts'
import { encodeBody } from '../encoding/body.ts'
import { plainFrame } from '../encoding/envelope.ts'
import { quorumOf } from '../encoding/quorum.ts'
import type { Message } from '../intake/message.ts'
import { allowanceOf } from '../intake/quota.ts'
import { ENTRY, entryIdOf, genesisOf, type SignedEntry } from '../ledger/entry.ts'
import { certificateFact, type Fact } from '../ledger/fact.ts'
import { testCharter, testSigner } from '../ledger/testing-mind.ts'
import { OUTPUT_MIN, SERVED_FACTS, TIMES } from '../params.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import type { Roster } from '../swarm/roster.ts'
import { TestMinds } from './testing-minds.ts'

/** More than a quorum of seven or ten may have checked for it unasked. */
const ENTRIES = 5_000
const NOTHING = new Uint8Array(0)

/** Another signature by nobody: these minds count what they would check. */
let made = 0
function signature(): Uint8Array {
  made += 1
  const sig = new Uint8Array(64)
  new DataView(sig.buffer).setUint32(0, made)
  return sig
}

/** The minter's chain, certified by a quorum. */
function chainOf({ swarm, epoch }: Roster, minter: Signer, to: Signer): readonly Fact[] {
  let prev = genesisOf(swarm, minter.id)
  return Array.from({ length: ENTRIES }, (_, seq) => {
    const op = { type: 'mint', to: to.id, amount: OUTPUT_MIN, memo: '' } as const
    const body = { account: minter.id, seq, prev, claims: [], ops: [op], free: 0n }
    const entry: SignedEntry = {
      signer: minter.id,
      body,
      bytes: encodeBody(ENTRY.body, body),
      sig: signature(),
    }
    prev = entryIdOf(entry)
    const { quorum, witnesses } = epoch.sizes
    const sigs = new Map(Array.from({ length: quorum }, (_vote, position) => [position, signature()]))
    return certificateFact({ entry, quorum: quorumOf(0, witnesses, sigs) })
  })
}

function open(witnesses: number) {
  const signers = Array.from({ length: witnesses }, (_, at) => testSigner(at))
  const [minter, server, reader] = signers as [Signer, Signer, Signer]
  const roster = rosterOf(testCharter(signers, witnesses))
  return { roster, server, reader, facts: chainOf(roster, minter, server) }
}

describe.each([4, 7, 10])('in a swarm of %i witnesses', (witnesses) => {
  const { roster, server, reader, facts } = open(witnesses)

  it('a peer levels up by thousands of entries in no time at all and drops none that it asked for', () => {
    const minds = new TestMinds(roster, [server, reader])
    const known: Message = {
      kind: 'facts',
      from: server.id,
      signer: server.id,
      body: { facts },
      bytes: NOTHING,
      sig: NOTHING,
    }
    minds.tell(server.id, { type: 'message', message: ownMessage(known) })
    expect(minds.mindOf(server.id).view.counters().entries).toBe(ENTRIES)
    // The next root is compared, and all that follows from it happens at that very millisecond.
    minds.pass(TIMES.syncMs)
    expect(minds.mindOf(reader.id).view.counters()).toMatchObject({ dropped: {}, entries: ENTRIES })
    expect(minds.mindOf(reader.id).view.ledgerRoot()).toBe(minds.mindOf(server.id).view.ledgerRoot())
  })

  it('facts that nobody asked for are checked up to a quota, and asking adds no more than was asked for', () => {
    const mind = new TestMinds(roster, [server, reader]).mindOf(reader.id)
    const { quorum } = roster.epoch.sizes
    const unasked = Math.floor(allowanceOf('facts', quorum).burst / (quorum + 2))
    /** How many certificates in a row are taken in. */
    const flood = () => {
      for (let count = 0; ; count += 1) {
        const fact = facts[count % facts.length]
        const body = { facts: fact === undefined ? [] : [fact] }
        const frame = plainFrame(roster.swarm, server.id, 'facts', body)
        const inspected = mind.inspect(frame, { from: server.id, via: 'sync' })
        if (!inspected.ok) return { count, code: inspected.code }
      }
    }
    expect(flood()).toEqual({ count: unasked, code: 'over_quota' })
    // A far head makes it ask for the chain before it, once.
    const far = facts.at(-1)
    const body = { facts: far === undefined ? [] : [far] }
    const message = { kind: 'facts', from: server.id, signer: server.id, body, bytes: NOTHING, sig: NOTHING }
    const effects = mind.handle({ type: 'message', message: ownMessage(message as Message) }, 1_000)
    expect(effects.filter(({ type }) => type === 'send')).toHaveLength(1)
    expect(flood().count).toBeGreaterThanOrEqual(SERVED_FACTS)
    expect(flood()).toEqual({ count: 0, code: 'over_quota' })
  })
})

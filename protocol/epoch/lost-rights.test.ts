import { expect, it } from 'vitest'
import { sign } from '../encoding/signed.ts'
import { signTogether } from '../encoding/multi-signed.ts'
import { ENTRY, type Entry, genesisOf, type SignedEntry } from '../ledger/entry.ts'
import { certificateFact } from '../ledger/fact.ts'
import { forkProofOf, RESOLVE } from '../ledger/resolution.ts'
import { OUTPUT_MIN, TIMES } from '../params.ts'
import { REVOCATION } from '../swarm/invitation.ts'
import { cutHandover } from './pieces.ts'
import { certificateOf } from './testing-entries.ts'
import { TestEpochs } from './testing-orders.ts'

const MUCH = 1_000_000n * OUTPUT_MIN
const OTHERS = [1, 2, 3, 5]
/** A member that no order names, and to whom the money is to go. */
const RECEIVER = 6

/** A founder alone has handed everything on and is gone; its key was its swarm's quorum, operator and minter. */
function departed(): TestEpochs {
  const epochs = new TestEpochs(1)
  epochs.mint(4, 100n * OUTPUT_MIN)
  const one = epochs.id(1)
  const changes = { operators: { keys: [one], needed: 1 }, minters: [one], treasury: one }
  epochs.change(epochs.order(OTHERS, changes))
  expect(epochs.view(2).roster.epoch.number).toBe(1)
  epochs.minds.stop(epochs.id(0))
  return epochs
}

/** What the founder's key signs for the next place of its account. */
function signedBy(epochs: TestEpochs, memo: string, more: Entry['ops'] = []): SignedEntry {
  const { roster } = epochs.view(1)
  const founder = epochs.signer(0)
  const { seq, head } = epochs.view(1).account(founder.id) ?? { seq: 0, head: null }
  const body = {
    account: founder.id,
    seq,
    prev: head ?? genesisOf(roster.swarm, founder.id),
    claims: [],
    ops: [...more, { type: 'mint' as const, to: epochs.id(RECEIVER), amount: MUCH, memo }],
    free: epochs.view(1).account(founder.id)?.free ?? 0n,
  }
  return sign(founder, roster.swarm, ENTRY, body)
}

function askToSettle(epochs: TestEpochs, one: SignedEntry, other: SignedEntry): void {
  const proof = forkProofOf(one, other)
  if (proof === undefined) throw new RangeError('these are no fork')
  const body = { account: epochs.id(0), number: 0 }
  const request = sign(epochs.signer(0), epochs.view(1).roster.swarm, RESOLVE, body)
  for (const at of OTHERS) epochs.minds.say(epochs.id(RECEIVER), epochs.id(at), 'resolve', { request, proof })
  epochs.minds.pass(10 * TIMES.retryMsMax)
}

const claimable = (epochs: TestEpochs) => epochs.view(1).account(epochs.id(RECEIVER))?.claimable ?? 0n

it('the settlement of its own fork gives a key that minted once nothing', () => {
  const epochs = departed()
  const before = epochs.view(2).supply()
  askToSettle(epochs, signedBy(epochs, 'a'), signedBy(epochs, 'b'))
  expect(claimable(epochs)).toBe(0n)
  expect(epochs.view(2).supply()).toEqual(before)
})

it('nor does it revoke anybody for a key that was an operator’s', () => {
  const epochs = departed()
  const key = epochs.id(2)
  const revocation = signTogether([epochs.signer(0)], epochs.view(1).swarm, REVOCATION, { key, epoch: 0 })
  const more = [{ type: 'revoke' as const, revocation }]
  askToSettle(epochs, signedBy(epochs, 'a', more), signedBy(epochs, 'b', more))
  expect([1, 2, 3].map((at) => epochs.view(at).roster.isRevoked(key))).toEqual([false, false, false])
})

it('one witness that lists what the closing epoch gives nobody the right to lists in vain', () => {
  const epochs = departed()
  const entry = signedBy(epochs, 'a')
  const { witnesses } = epochs.view(1).roster.epoch
  const liar = witnesses.at(-1) ?? epochs.id(1)
  const lie = cutHandover({ locks: [entry], prepared: [] }, 2)
  epochs.minds.isCut = (from, _to, kind) => from === liar && (kind === 'epoch-report' || kind === 'propose')
  epochs.minds.changeEpoch(epochs.id(1), {
    type: 'order-epoch',
    order: epochs.order(OTHERS, {}, [epochs.signer(1)], 1),
  })
  for (let round = 0; round < 5; round += 1) {
    const root = epochs.view(1).ledgerRoot()
    for (const to of witnesses.filter((peer) => peer !== liar)) {
      epochs.minds.say(liar, to, 'epoch-report', { number: 2, root, list: lie.name })
      epochs.minds.say(liar, to, 'handover', { type: 'list', number: 2, parts: [...lie.parts.keys()] })
      for (const part of lie.parts.values())
        epochs.minds.say(liar, to, 'handover', { type: 'part', number: 2, ...part })
    }
    epochs.minds.pass(TIMES.deltaMs / 5)
  }
  epochs.minds.pass(10 * TIMES.retryMsMax)
  expect(epochs.view(1).roster.epoch.number).toBe(2)
  const places = [...epochs.minds.storeOf(epochs.id(1)).keys()].filter((key) => key.startsWith('adopted/'))
  expect(places).toEqual([])
  const forged = certificateOf(epochs, entry, [epochs.signer(0)], 0)
  for (const to of witnesses)
    epochs.minds.say(epochs.id(RECEIVER), to, 'facts', { facts: [certificateFact(forged)] })
  epochs.minds.pass(10 * TIMES.retryMsMax)
  expect(claimable(epochs)).toBe(0n)
})

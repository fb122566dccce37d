import { describe, expect, it } from 'vitest'
import { quorumOf } from '../encoding/quorum.ts'
import { sign } from '../encoding/signed.ts'
import type { SignedEntry } from '../ledger/entry.ts'
import { certificateFact } from '../ledger/fact.ts'
import { COMMIT_BALLOT, valueDigestOf } from '../agreement/messages.ts'
import { epochInstance, resolveInstance } from '../ids.ts'
import { OUTPUT_MIN, TIMES } from '../params.ts'
import { emptyListOf } from './pieces.ts'
import { certificateOf, fundedSwarm, paying } from './testing-entries.ts'
import { expectSame, TestEpochs } from './testing-orders.ts'

const VOTES = new Set(['vote', 'facts'])

/** Has a witness asked for its vote, by a peer that isn't one; says what it answered. */
function ask(epochs: TestEpochs, witness: number, entry: SignedEntry): string {
  const asker = epochs.id(6)
  epochs.minds.heard(asker, 'vote')
  const { number } = epochs.view(witness).roster.epoch
  epochs.minds.say(asker, epochs.id(witness), 'certify', { epoch: number, entry, evidence: [] })
  const [reply] = epochs.minds.heard(asker, 'certify-reply').filter(({ from }) => from === epochs.id(witness))
  if (reply !== undefined) return reply.body.outcome.type
  return (epochs.view(witness).account(entry.body.account)?.seq ?? 0) > 0 ? 'certified' : 'vote'
}

const replace = (epochs: TestEpochs, witnesses: readonly number[]) => epochs.change(epochs.order(witnesses))
const paidTo = (epochs: TestEpochs, at: number) => epochs.view(0).account(epochs.id(at))?.claimable ?? 0n

describe('what witnesses voted for and nobody certified', () => {
  it('is certified by the next epoch, whoever drove it', () => {
    const epochs = fundedSwarm()
    epochs.minds.isCut = (_from, _to, kind) => VOTES.has(kind)
    expect(ask(epochs, 0, paying(epochs, 5))).toBe('vote')
    replace(epochs, [1, 2, 3, 5])
    expect(paidTo(epochs, 5)).toBe(0n)
    epochs.minds.isCut = () => false
    epochs.minds.pass(20 * TIMES.nudgeMs)
    expectSame(epochs)
    expect(paidTo(epochs, 5)).toBe(OUTPUT_MIN)
  })

  it('binds every witness of the next epoch, and those of the one after', () => {
    const epochs = fundedSwarm()
    epochs.minds.isCut = (_from, _to, kind) => VOTES.has(kind)
    ask(epochs, 0, paying(epochs, 5))
    for (const witnesses of [
      [1, 2, 3, 5],
      [2, 3, 5, 6],
    ]) {
      replace(epochs, witnesses)
      for (const witness of witnesses.filter((at) => at !== 6))
        expect(ask(epochs, witness, paying(epochs, 6))).toBe('conflict')
    }
    expect(ask(epochs, 5, paying(epochs, 5))).toBe('vote')
  })

  it('is free again where nobody is bound to it', () => {
    const epochs = fundedSwarm()
    replace(epochs, [1, 2, 3, 5])
    expect(ask(epochs, 5, paying(epochs, 6))).toBe('vote')
  })

  it('is voted for by nobody where there are two, until a certificate of the old epoch is shown', () => {
    const epochs = fundedSwarm()
    const [one, other] = [paying(epochs, 5), paying(epochs, 6)]
    epochs.minds.isCut = (_from, _to, kind) => VOTES.has(kind)
    for (const witness of [0, 1]) ask(epochs, witness, one)
    for (const witness of [2, 3]) ask(epochs, witness, other)
    replace(epochs, [1, 2, 3, 5])
    for (const entry of [one, other]) expect(ask(epochs, 5, entry)).toBe('conflict')
    // Nobody can tell whether three witnesses of the old epoch signed it then or since: by itself it certifies nothing.
    const shown = (entry: SignedEntry) =>
      [certificateFact(certificateOf(epochs, entry, epochs.signers.slice(0, 3)))] as const
    for (const entry of [one, other])
      for (const witness of [1, 2, 3, 5])
        epochs.minds.say(epochs.id(6), epochs.id(witness), 'facts', { facts: shown(entry) })
    for (const witness of [1, 2, 3, 5])
      expect(epochs.view(witness).account(epochs.id(5))?.claimable ?? 0n).toBe(0n)
    expect(ask(epochs, 5, one)).toBe('vote')
    expect(ask(epochs, 5, other)).toBe('conflict')
    epochs.minds.isCut = () => false
    epochs.minds.pass(20 * TIMES.nudgeMs)
    expectSame(epochs)
    expect([paidTo(epochs, 5), paidTo(epochs, 6)]).toEqual([OUTPUT_MIN, 0n])
  })

  it('is settled with the fork where there are two and its owner asks', () => {
    const epochs = fundedSwarm()
    const [one, other] = [paying(epochs, 5), paying(epochs, 6)]
    epochs.minds.isCut = (_from, _to, kind) => VOTES.has(kind)
    for (const witness of [0, 1]) ask(epochs, witness, one)
    for (const witness of [2, 3]) ask(epochs, witness, other)
    replace(epochs, [1, 2, 3, 5])
    epochs.minds.isCut = () => false
    ask(epochs, 5, one)
    expect(epochs.minds.command(epochs.id(4), { type: 'resolve' })).toMatchObject({ ok: true })
    epochs.minds.pass(20 * TIMES.nudgeMs)
    expectSame(epochs)
    // Both were possible, so both are in the merge: one transfer's worth is burnt, nothing is paid.
    expect(epochs.view(0).supply().burnt).toBe(OUTPUT_MIN)
  })
})

describe('a certificate of a closed epoch', () => {
  it('is taken where its entry alone was listed', () => {
    const epochs = fundedSwarm()
    const entry = paying(epochs, 5)
    epochs.minds.isCut = (_from, _to, kind) => VOTES.has(kind)
    ask(epochs, 0, entry)
    replace(epochs, [1, 2, 3, 5])
    const facts = { facts: [certificateFact(certificateOf(epochs, entry, epochs.signers.slice(0, 3)))] }
    epochs.minds.isCut = (from, _to, kind) => kind === 'vote' || (kind === 'facts' && from !== epochs.id(6))
    epochs.minds.say(epochs.id(6), epochs.id(0), 'facts', facts)
    expect(paidTo(epochs, 5)).toBe(OUTPUT_MIN)
  })

  it('is worth nothing where it wasn’t: a founder that left can sign nothing any more', () => {
    const epochs = new TestEpochs(1)
    epochs.mint(4, 100n * OUTPUT_MIN)
    const entry = paying(epochs, 5)
    replace(epochs, [1, 2, 3, 6])
    const forged = certificateOf(epochs, entry, [epochs.signer(0)])
    const facts = { facts: [certificateFact(forged)] }
    for (const at of [1, 2, 3, 4, 5, 6]) epochs.minds.say(epochs.id(0), epochs.id(at), 'facts', facts)
    for (const at of [1, 2, 3, 4, 5, 6])
      expect(epochs.view(at).account(epochs.id(5))?.claimable ?? 0n).toBe(0n)
  })
})

it('a witness that has stopped takes no fact from just anybody', () => {
  const epochs = fundedSwarm()
  epochs.minds.isCut = (_from, _to, kind) => kind === 'propose'
  epochs.change(epochs.order([0, 1, 2, 5]), 0, 10)
  const facts = [certificateFact(certificateOf(epochs, paying(epochs, 5), epochs.signers.slice(0, 3)))]
  epochs.minds.say(epochs.id(6), epochs.id(1), 'facts', { facts })
  expect(epochs.view(1).account(epochs.id(5))).toBeUndefined()
  epochs.minds.say(epochs.id(6), epochs.id(4), 'facts', { facts })
  expect(epochs.view(4).account(epochs.id(5))?.claimable).toBe(OUTPUT_MIN)
})

it('a witness that came votes for nothing before it has what the closed epoch ended with', () => {
  const epochs = fundedSwarm()
  const late = epochs.id(5)
  const other = paying(epochs, 2)
  epochs.minds.isCut = (from, _to, kind) => from === late && kind.startsWith('epoch-')
  epochs.change(epochs.order([0, 1, 2, 5]), 0, 10)
  // It has accepted; what is certified from now on doesn't come to it.
  const lost = (to: string, kind: string) => to === late && (kind === 'facts' || kind.startsWith('sync-'))
  epochs.minds.isCut = (_from, to, kind) => lost(to, kind) || kind.startsWith('epoch-')
  epochs.pay(4, 6)
  epochs.minds.isCut = (_from, to, kind) => lost(to, kind)
  epochs.minds.pass(30_000)
  expect(epochs.view(5).roster.epoch.number).toBe(1)
  expect(epochs.view(5).change().isLevel).toBe(false)
  expect(ask(epochs, 5, other)).toBe('stopped')
  epochs.minds.isCut = () => false
  expectSame(epochs)
  expect(epochs.view(5).change().isLevel).toBe(true)
  expect(ask(epochs, 5, other)).toBe('certified')
})

it('a decision on an epoch is worth nothing by a quorum that has left', () => {
  const epochs = new TestEpochs(1)
  replace(epochs, [1, 2, 3, 6])
  const founder = epochs.signer(0)
  const order = epochs.order([0])
  const value = {
    type: 'epoch' as const,
    order,
    accepts: [],
    root: epochs.view(1).ledgerRoot(),
    handover: emptyListOf(2),
  }
  const ballot = { instance: epochInstance(2), epoch: 0, round: 0, value: valueDigestOf(value) }
  const { sig } = sign(founder, epochs.minds.roster.swarm, COMMIT_BALLOT, ballot)
  const quorum = quorumOf(0, 1, new Map([[0, sig]]))
  const decision = { instance: ballot.instance, round: 0, value, quorum }
  for (const at of [1, 2, 3, 4, 5, 6]) {
    epochs.minds.say(founder.id, epochs.id(at), 'decision', decision)
    epochs.minds.say(founder.id, epochs.id(at), 'facts', { facts: [{ type: 'decision', decision }] })
    expect(epochs.view(at).roster.epoch.number).toBe(1)
  }
})

describe('a value that witnesses prepared', () => {
  it('is the only one that the next epoch decides, whatever it would have proposed', () => {
    const epochs = fundedSwarm()
    const [one, other] = [paying(epochs, 5), paying(epochs, 6)]
    const instance = resolveInstance(epochs.id(4), 0)
    const proposed = () =>
      epochs.minds
        .heard(epochs.id(4), 'propose')
        .concat(epochs.minds.heard(epochs.id(2), 'propose'))
        .flatMap(({ body }) => (body.proposal.body.instance === instance ? [body.proposal.body.value] : []))
    const isVote = (kind: string) => VOTES.has(kind)
    const [first = 0, second = 1, third = 2, last = 3] = [0, 1, 2, 3].toSorted((a, b) =>
      epochs.id(a) < epochs.id(b) ? -1 : 1,
    )
    // Three of them prepare the one entry; the fourth is bound to the other, and nobody sees a decision.
    epochs.minds.isCut = (_from, _to, kind) => isVote(kind) || kind === 'commit'
    for (const witness of [first, second, third]) ask(epochs, witness, one)
    for (const entry of [other, one]) ask(epochs, last, entry)
    expect(epochs.minds.command(epochs.id(4), { type: 'resolve' })).toMatchObject({ ok: true })
    const [prepared] = proposed()
    expect(prepared).toBeDefined()
    // By itself the next epoch would merge both: its witnesses know of both.
    epochs.minds.isCut = (_from, _to, kind) => isVote(kind)
    replace(epochs, [2, 3, 5, 6])
    expect(new Set(proposed())).toEqual(new Set([prepared]))
    epochs.minds.isCut = () => false
    epochs.minds.pass(20 * TIMES.nudgeMs)
    expectSame(epochs)
    expect([paidTo(epochs, 5), epochs.view(5).supply().burnt]).toEqual([OUTPUT_MIN, 0n])
  })
})

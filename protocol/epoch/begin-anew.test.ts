import { describe, expect, it } from 'vitest'
import type { SignedEntry } from '../ledger/entry.ts'
import { certificateFact } from '../ledger/fact.ts'
import { OUTPUT_MIN, TIMES } from '../params.ts'
import { keys } from '../records/keys.ts'
import { certificateOf, fundedSwarm, paying } from './testing-entries.ts'
import { BLOB, runningJob } from './testing-jobs.ts'
import { expectSame, type TestEpochs } from './testing-orders.ts'

/** A peer that is no witness in any of these tests. */
const ASKER = 6
const VOTES = new Set(['vote', 'facts'])

/** Has a witness asked for its vote; says what it answered. */
function ask(epochs: TestEpochs, witness: number, entry: SignedEntry): string {
  const asker = epochs.id(ASKER)
  epochs.minds.heard(asker, 'vote')
  const { number } = epochs.view(witness).roster.epoch
  epochs.minds.say(asker, epochs.id(witness), 'certify', { epoch: number, entry, evidence: [] })
  const [reply] = epochs.minds.heard(asker, 'certify-reply').filter(({ from }) => from === epochs.id(witness))
  return reply === undefined ? 'vote' : reply.body.outcome.type
}

function show(epochs: TestEpochs, entry: SignedEntry, by: readonly number[], to: number): void {
  const signers = by.map((at) => epochs.signer(at))
  const facts = [certificateFact(certificateOf(epochs, entry, signers))]
  epochs.minds.say(epochs.id(ASKER), epochs.id(to), 'facts', { facts })
}

/**
 * Two payments of one place, both of which have votes, and an epoch that lists both. One witness doesn't hear of it, and
 * is shown the certificate that the owner has kept to itself: genuine, and of an epoch that is over.
 */
function misled() {
  const epochs = fundedSwarm()
  const late = 3
  const [hidden, other] = [paying(epochs, 5), paying(epochs, 6)]
  epochs.minds.isCut = (_from, _to, kind) => VOTES.has(kind)
  for (const witness of [0, late]) ask(epochs, witness, hidden)
  for (const witness of [1, 2]) ask(epochs, witness, other)
  const away = epochs.id(late)
  epochs.minds.isCut = (from, to, kind) => VOTES.has(kind) || to === away || from === away
  epochs.change(epochs.order([0, 1, 2, late]))
  show(epochs, hidden, [0, 2, late], late)
  expect(epochs.view(late).account(epochs.id(4))?.seq).toBe(1)
  // It hears of the epoch, and tells nobody of what it alone has.
  epochs.minds.isCut = (from, _to, kind) => kind === 'vote' || (from === away && kind === 'facts')
  epochs.minds.restart(away)
  epochs.minds.pass(60_000)
  return { epochs, late, away, hidden, other }
}

describe('a witness that was led astray by a certificate that was hidden until its epoch was over', () => {
  it('asks others no more often than a round of sync does', () => {
    const { epochs, away } = misled()
    const asked = () =>
      [0, 1, 2]
        .flatMap((at) => epochs.minds.heard(epochs.id(at), 'sync-root'))
        .filter(({ from }) => from === away)
    asked()
    epochs.minds.pass(8 * TIMES.syncMs)
    expect(asked().length).toBeLessThanOrEqual(2 * 8)
  })

  it('says so, votes for nothing, and tells no owner where its account stands', () => {
    const { epochs, late, away } = misled()
    expect(epochs.view(late).change()).toMatchObject({ isLevel: false, astray: [epochs.id(4)] })
    expect(ask(epochs, late, paying(epochs, 6, { claims: [], ops: [], free: 0n }, 5))).toBe('stopped')
    epochs.minds.heard(epochs.id(ASKER), 'head-reply')
    epochs.minds.say(epochs.id(ASKER), away, 'head-query', { account: epochs.id(4) })
    expect(epochs.minds.heard(epochs.id(ASKER), 'head-reply')).toEqual([])
  })

  it('votes again once it has begun anew: the swarm can lose another one', () => {
    const { epochs, late, away } = misled()
    epochs.minds.isCut = () => false
    epochs.minds.restart(away)
    epochs.minds.pass(60_000)
    expect(epochs.view(late).duty()).toBe('active')
    expect(epochs.view(late).change()).toMatchObject({ isLevel: true, astray: [] })
    epochs.minds.stop(epochs.id(1))
    epochs.mint(5)
    epochs.pay(5, 6)
    expect(epochs.view(0).account(epochs.id(6))?.claimable).toBe(OUTPUT_MIN)
    expectSame(epochs, [0, 2, 3, 4, 5, 6])
  })

  it('votes for what the handover lists at the place alone, and for that once it is shown', () => {
    const { epochs, late, away, hidden, other } = misled()
    epochs.minds.restart(away)
    epochs.minds.isCut = (_from, _to, kind) => VOTES.has(kind)
    epochs.minds.pass(60_000)
    epochs.minds.isCut = (_from, _to, kind) => kind === 'vote'
    epochs.minds.pass(60_000)
    expect(epochs.view(late).change().isLevel).toBe(true)
    const third = paying(epochs, 6, { free: 98n * OUTPUT_MIN, ops: [] })
    for (const entry of [third, other, hidden]) expect(ask(epochs, late, entry)).toBe('conflict')
    show(epochs, hidden, [0, 2, late], late)
    expect([other, hidden].map((entry) => ask(epochs, late, entry))).toEqual(['conflict', 'vote'])
  })
})

describe('a witness that sealed a job and has forgotten its seal', () => {
  /** It is led astray while all seals are lost, and the runners go on sending their commits. */
  function forgetful(begins: 'anew' | 'as it was') {
    const { epochs } = runningJob()
    const late = 3
    const away = epochs.id(late)
    epochs.minds.isCut = (_from, _to, kind) => kind === 'seal'
    for (const run of epochs.minds.runs) epochs.minds.finish(run, BLOB)
    const [node] = epochs.minds.runs
    if (node === undefined) throw new RangeError('a job has runs')
    expect(sealsTo(epochs, node.peer)).toContain(away)
    const isApart = (from: string, to: string) => to === away || from === away
    epochs.minds.isCut = (from, to, kind) => kind === 'seal' || isApart(from, to)
    epochs.change(epochs.order([0, 1, 2, late]))
    const hidden = paying(epochs, 6, { claims: [], ops: [], free: 0n }, 6)
    if (begins === 'anew') show(epochs, hidden, [0, 1, 2], late)
    epochs.minds.isCut = (_from, _to, kind) => kind === 'seal'
    epochs.minds.restart(away)
    epochs.minds.pass(20_000)
    expect(epochs.view(late).change().astray).toHaveLength(begins === 'anew' ? 1 : 0)
    epochs.minds.restart(away)
    epochs.minds.pass(20_000)
    expect(epochs.view(late).change()).toMatchObject({ isLevel: true, astray: [] })
    sealsTo(epochs, node.peer)
    epochs.minds.pass(10 * TIMES.nudgeMs)
    return sealsTo(epochs, node.peer).includes(away)
  }

  const sealsTo = (epochs: TestEpochs, peer: Parameters<TestEpochs['minds']['heard']>[0]) =>
    epochs.minds.heard(peer, 'seal').map(({ from }) => from)

  it('seals that attempt no more once it has begun anew', () => {
    expect(forgetful('anew')).toBe(false)
  })

  it('repeats its seal where it has only started again', () => {
    expect(forgetful('as it was')).toBe(true)
  })
})

it('what a handover lists stays beside the place’s own fact until the epoch is over, and is listed no more', () => {
  const epochs = fundedSwarm()
  const entry = paying(epochs, 5)
  epochs.minds.isCut = (_from, _to, kind) => VOTES.has(kind)
  ask(epochs, 0, entry)
  epochs.change(epochs.order([0, 1, 2, 3]))
  epochs.minds.isCut = () => false
  epochs.minds.pass(20 * TIMES.nudgeMs)
  expect(epochs.view(1).account(epochs.id(4))?.seq).toBe(1)
  const listed = () => epochs.minds.stored(epochs.id(1), keys.adopted(epochs.id(4), 0))
  expect(listed()).toBeDefined()
  epochs.minds.restart(epochs.id(1))
  epochs.change(epochs.order([0, 1, 2, 5]))
  expect(epochs.view(1).roster.epoch.number).toBe(2)
  expect(listed()).toBeUndefined()
})

import { describe, expect, it } from 'vitest'
import { PROPOSAL, valueDigestOf } from '../agreement/messages.ts'
import { sign } from '../encoding/signed.ts'
import { epochInstance, type PeerId } from '../ids.ts'
import type { SignedEntry } from '../ledger/entry.ts'
import { LIMITS, OUTPUT_MIN, TIMES } from '../params.ts'
import { type ChangeRulesParts, createChangeRules } from './change-rules.ts'
import { type Cut, cutHandover } from './pieces.ts'
import { fundedSwarm, paying } from './testing-entries.ts'
import { entryAt, TestLists } from './testing-lists.ts'
import { TestEpochs } from './testing-orders.ts'

/** A judge in a swarm of seven witnesses whose facts are all alike; only lists are real. */
function judge() {
  const epochs = new TestEpochs(7)
  const { roster } = epochs.view(0)
  const test = new TestLists()
  const root = '0'.repeat(64) as never
  const parts = {
    self: epochs.id(0),
    roster,
    lists: test.lists,
    lookups: { isVotable: () => true, isDecided: () => false, carried: () => undefined },
    root: () => root,
    ownCut: () => cutHandover({ locks: [], prepared: [] }, 1),
    own: () => ({ locks: [entryAt(100)], prepared: [] }),
    freeze: () => undefined,
    report: () => undefined,
  } as unknown as ChangeRulesParts
  const rules = createChangeRules(parts)
  const order = epochs.order([0, 1, 2, 3, 4, 5])
  const judged = (from: PeerId, cut: Cut) => {
    test.give(from, cut)
    const value = { type: 'epoch' as const, order, accepts: [], root, handover: cut.name }
    rules.judge(test.out, epochInstance(1), value, from)
    test.answer()
  }
  return { judged, test, ids: epochs.signers.map(({ id }) => id) }
}

describe('a judge', () => {
  it('has the lists of the few proposers that it heard last, whoever lies', () => {
    const { judged, test, ids } = judge()
    const others = ids.slice(1)
    const cuts = new Map(
      others.map((one, at) => [one, cutHandover({ locks: [entryAt(at)], prepared: [] }, 1)]),
    )
    for (const [one, cut] of cuts) judged(one, cut)
    const kept = others.filter((one) => test.lists.kept(one) !== undefined)
    expect(kept).toEqual(others.slice(-LIMITS.judgedLists))
  })

  it('fetches an honest list once, though a liar proposes each time in between', () => {
    const { judged, test, ids } = judge()
    const [, honest, liar] = ids as [PeerId, PeerId, PeerId]
    const cut = cutHandover({ locks: [entryAt(0)], prepared: [] }, 1)
    for (let at = 1; at < 10; at += 1) {
      judged(honest, cut)
      judged(liar, cutHandover({ locks: [entryAt(at)], prepared: [] }, 1))
    }
    expect(test.requests.get(honest)).toBe(1 + cut.parts.size)
  })
})

/** What an account that has credits may sign for its first place, so many times. */
function entriesOf(epochs: TestEpochs, count: number): readonly SignedEntry[] {
  return Array.from({ length: count }, (_, at) => {
    const ops = [{ type: 'transfer' as const, to: epochs.id(5), amount: OUTPUT_MIN, memo: `${at}` }]
    return paying(epochs, 5, { ops })
  })
}

it('a lying proposer has a judge take in no more of one account than there may be witnesses', () => {
  const epochs = fundedSwarm()
  const { roster } = epochs.view(0)
  const [first, taker] = roster.epoch.witnesses as [PeerId, PeerId]
  epochs.minds.isCut = (from, _to, kind) => kind === 'propose' || (from === first && kind === 'handover')
  epochs.minds.heard(taker, 'propose')
  epochs.minds.changeEpoch(epochs.id(0), { type: 'order-epoch', order: epochs.order([0, 1, 2, 5]) })
  epochs.minds.pass(TIMES.deltaMs)
  const [honest] = epochs.minds
    .heard(taker, 'propose')
    .flatMap(({ from, body }) => (from === first ? [body.value] : []))
  if (honest?.type !== 'epoch') throw new RangeError('nothing was proposed')
  const { name, parts } = cutHandover({ locks: entriesOf(epochs, 1_000), prepared: [] }, 1)
  const value = { ...honest, handover: name }
  const ballot = { instance: epochInstance(1), epoch: 0, round: 0, value: valueDigestOf(value) }
  const liar = epochs.signers.find(({ id }) => id === first) ?? epochs.signer(0)
  epochs.minds.heard(first, 'handover-fetch')
  epochs.minds.heard(first, 'refusal')
  const proposal = sign(liar, roster.swarm, PROPOSAL, ballot)
  epochs.minds.say(first, taker, 'propose', { proposal, value, newviews: [] })
  epochs.minds.say(first, taker, 'handover', { type: 'list', number: 1, parts: [...parts.keys()] })
  let entries = 0
  let refusals: readonly string[] = []
  for (const { locks, prepared } of parts.values()) {
    if (refusals.length > 0) break
    epochs.minds.say(first, taker, 'handover', { type: 'part', number: 1, locks, prepared })
    refusals = epochs.minds
      .heard(first, 'refusal')
      .flatMap(({ from, body }) => (from === taker ? [body.code] : []))
    entries += locks.length
  }
  expect(refusals).toEqual(['not_valid'])
  expect(entries).toBeLessThanOrEqual(LIMITS.witnesses + LIMITS.listed)
  expect(parts.size).toBeGreaterThan(3)
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Decision, valueDigestOf } from '../agreement/messages.ts'
import { jobInstance, trustInstance } from '../ids.ts'
import { TIMES } from '../params.ts'
import { MODEL } from './testing-closes.ts'
import {
  chain,
  CHAINS,
  decisionOf,
  fed,
  first,
  ids,
  LATER,
  Peer,
  QUORUM,
  roster,
  second,
  twoSnapshots,
} from './testing-peer.ts'
import { snapshotId } from './value.ts'

const { charter } = roster

describe('snapshots', () => {
  it('are due only while something waits to be folded', () => {
    const idle = new Peer()
    const due = () => idle.trust.rules.dueAt(trustInstance(1))
    expect(due()).toBeUndefined()
    idle.takeAll([chain(0, ['agreed'])])
    expect(due()).toBeUndefined()
    idle.takeAll(CHAINS.slice(1, 2))
    expect(due()).toBe(TIMES.trustMs)
  })

  it('stay readable when later ones come, and after a restart', () => {
    const { peer } = twoSnapshots()
    const founding = ids.map(() => charter.params.priorTrust)
    const seen = [peer.trusts(0), peer.trusts(1), peer.trusts(2)]
    expect(seen[0]).toEqual(founding)
    expect(seen[1]).not.toEqual(founding)
    expect(seen[2]).not.toEqual(seen[1])
    const [, one] = [0, 1].map((number) =>
      peer.trust.at(number)?.row({ peer: second, operator: undefined }, MODEL),
    )
    expect(one?.latencyMs).toBe(7)
    const root = peer.digest.root()
    peer.restart()
    expect([peer.trusts(0), peer.trusts(1), peer.trusts(2)]).toEqual(seen)
    expect(peer.digest.root()).toBe(root)
    expect(peer.trust.at(3)).toBeUndefined()
  })

  it('are forgotten when eight later ones are known, but never the founding one', () => {
    const peer = new Peer()
    for (let number = 1; number <= 10; number += 1) {
      peer.takeAll([chain(10 + number, ['agreed', 'agreed', 'agreed'])])
      peer.now += LATER
      expect(peer.decide(peer.build()).status).toBe('applied')
    }
    const readable = Array.from({ length: 11 }, (_, number) => number).filter(
      (number) => peer.trust.at(number) !== undefined,
    )
    expect(readable).toEqual([0, 3, 4, 5, 6, 7, 8, 9, 10])
    const kept = [...peer.records.keys()].filter((key) => key.startsWith('trust-snapshot/'))
    expect(kept).toHaveLength(8)
  })

  it('are the same, each close folded once, in whatever order closes and decisions arrive', () => {
    const { peer: reference, values } = twoSnapshots()
    const decisions: readonly Decision[] = [
      ...CHAINS.flat().map(({ job, step, value }) => ({
        instance: jobInstance(job, step),
        round: 0,
        value,
        quorum: QUORUM,
      })),
      ...values.map(decisionOf),
    ]
    const order = fc.shuffledSubarray(
      decisions.map((_, at) => at),
      { minLength: decisions.length },
    )
    fc.assert(
      fc.property(order, fc.nat(decisions.length), (places, restartAt) => {
        const peer = new Peer()
        places.forEach((place, at) => {
          if (at === restartAt) peer.restart()
          const decision = decisions[place]
          if (decision !== undefined)
            peer.act((out) => peer.facts.apply(out, { type: 'decision', decision }, first))
        })
        // Whatever waited in memory when the process was lost is brought again by sync.
        for (const decision of [...decisions, ...decisions])
          peer.act((out) => peer.facts.apply(out, { type: 'decision', decision }, first))
        peer.act((out) => peer.facts.onTimer(out, 'sync/wake'))
        expect(peer.trust.number).toBe(2)
        expect(peer.trust.root()).toBe(reference.trust.root())
        expect(peer.digest.root()).toBe(reference.digest.root())
        expect(peer.trusts()).toEqual(reference.trusts())
        expect(peer.trust.waiting()).toBe(0)
        expect(peer.facts.contradictions()).toBe(0)
        peer.restart()
        expect(peer.trust.root()).toBe(reference.trust.root())
        expect(peer.digest.root()).toBe(reference.digest.root())
      }),
      { numRuns: 60 },
    )
  })

  it('contradict what is decided here only with another root', () => {
    const { peer, values } = twoSnapshots()
    const [one, two] = values
    if (one === undefined || two === undefined) throw new Error('two values')
    expect(peer.decide(one).status).toBe('known')
    expect(peer.decide(two).status).toBe('known')
    expect(peer.decide({ ...two, number: 4 })).toEqual({ status: 'missing', ids: [snapshotId(3)] })
    expect(fed().decide({ ...fed().build(), root: snapshotId(1) }).status).toBe('contradiction')
    expect(valueDigestOf(one)).not.toBe(valueDigestOf(two))
  })
})

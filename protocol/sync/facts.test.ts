import { expect, it } from 'vitest'
import { type Decision, valueDigestOf } from '../agreement/messages.ts'
import { type Digest, type PeerId, trustInstance } from '../ids.ts'
import { testSigner } from '../ledger/testing-mind.ts'
import type { Fact } from '../ledger/fact.ts'
import type { ApplyResult } from '../ledger/ledger.ts'
import { TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { createFacts } from './facts.ts'

const [self, near, far] = [0, 1, 2].map((number) => testSigner(number).id) as [PeerId, PeerId, PeerId]
const INSTANCE = trustInstance(1)
const VALUE = { type: 'void', reason: 'expired', cancel: null } as const
const ID = valueDigestOf(VALUE)
const OTHER = '1'.repeat(64) as Digest
const decision: Decision = {
  instance: INSTANCE,
  round: 0,
  value: VALUE,
  quorum: { epoch: 0, signers: new Uint8Array(1), sigs: [] },
}
const FACT: Fact = { type: 'decision', decision }

/** Facts of which the one decision gives whatever `result` holds. */
function pool() {
  const sent: PeerId[] = []
  const state: { result: ApplyResult; now: number } = { result: { status: 'missing', ids: [ID] }, now: 0 }
  const facts = createFacts({
    self,
    heads: {
      nextSeq: () => 0,
      jobStep: () => undefined,
      resolved: () => undefined,
      trust: () => 0,
      placeKeys: () => [],
    },
    applyCertificate: () => ({ status: 'known' }),
    admits: () => true,
    passed: () => undefined,
    applyDecision: () => state.result,
  })
  const out = () =>
    ({ now: state.now, send: (to: PeerId) => sent.push(to), timer: () => undefined }) as unknown as Outbox
  return {
    sent,
    state,
    facts,
    bring(from: PeerId, atMs: number) {
      state.now = atMs
      facts.apply(out(), FACT, from)
    },
    resume: () => facts.resume(out(), INSTANCE),
  }
}

it('a waiting fact is asked for anew of another peer that brings it, once a second', () => {
  const { sent, bring } = pool()
  bring(near, 0)
  bring(near, 2_000)
  bring(far, 999)
  expect(sent).toEqual([near])
  bring(far, 1_000)
  expect(sent).toEqual([near, far])
  bring(near, 1_999)
  expect(sent).toEqual([near, far])
  bring(near, 2_000)
  expect(sent).toEqual([near, far, near])
})

it('the peer that was asked last is asked again when a round of reconciliation brings it again', () => {
  const { sent, bring } = pool()
  bring(near, 0)
  bring(near, TIMES.syncMs - 1)
  expect(sent).toEqual([near])
  bring(near, TIMES.syncMs)
  expect(sent).toEqual([near, near])
})

it('whoever brings it when nobody was asked yet, or when it builds on something else, is asked at once', () => {
  const { sent, state, bring } = pool()
  bring(self, 0)
  bring(near, 1)
  expect(sent).toEqual([near])
  state.result = { status: 'missing', ids: [OTHER] }
  bring(far, 2)
  expect(sent).toEqual([near, far])
})

it('a fact that waits for this peer itself asks nobody, and is taken up when it is resumed', () => {
  const { sent, state, facts, bring, resume } = pool()
  resume()
  state.result = { status: 'missing', ids: [] }
  bring(near, 0)
  bring(far, TIMES.syncMs)
  expect(sent).toEqual([])
  expect(facts.waiting()).toBe(1)
  state.result = { status: 'applied' }
  resume()
  expect(facts.waiting()).toBe(0)
})

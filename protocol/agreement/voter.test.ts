import { beforeEach, describe, expect, it } from 'vitest'
import type { Signer } from '../crypto/signer.ts'
import { decodeEnvelope } from '../encoding/envelope.ts'
import { quorumOf } from '../encoding/quorum.ts'
import { type Signed, sign } from '../encoding/signed.ts'
import { jobInstance, type PeerId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import { jobIdOf } from '../ledger/entry.ts'
import { TIMES } from '../params.ts'
import { EventOutbox } from '../peer/event-outbox.ts'
import { fourWitnesses } from '../swarm/testing-swarm.ts'
import type { InstanceRules } from './instance-rules.ts'
import { NEWVIEW, type NewView, PROPOSAL, valueDigestOf } from './messages.ts'
import { nextTurnOf, ROUND_LEAP_MAX, waitMs } from './round.ts'
import type { Value } from './value.ts'
import { carriedBy } from './promises.ts'
import { Voter } from './voter.ts'

const { signers, roster } = fourWitnesses()
const [self, proposer, third, fourth] = signers as readonly [Signer, Signer, Signer, Signer]
const INSTANCE = jobInstance(jobIdOf(self.id, 0), 0)
const VALUE: Value = { type: 'void', reason: 'unassigned', cancel: null }
const DUE_MS = 1_000
const NO_SIGNATURE = new Uint8Array(0)
/** Long after any wait. */
const LATE_MS = DUE_MS + TIMES.deltaMs * 2 ** 6 * 4

const rules: InstanceRules = {
  naturalProposer: () => self.id,
  dueAt: () => DUE_MS,
  judge: () => ({ verdict: 'prepare' }),
  build: () => VALUE,
  learn: () => undefined,
}

let voter: Voter

const turnAfter = (round: number) => nextTurnOf(proposer.id, INSTANCE, round, roster.epoch)
/** The last of the proposer's rounds that one promise may leap to, and the first that is too far. */
const FARTHEST = turnAfter(ROUND_LEAP_MAX - 3)
const TOO_FAR = turnAfter(ROUND_LEAP_MAX + 1)

function answersTo(now: number, act: (out: EventOutbox) => void): readonly string[] {
  const out = new EventOutbox(self.id, roster.swarm, now)
  act(out)
  return out
    .seal(0)
    .effects.flatMap((effect) => (effect.type === 'send' ? [decodeEnvelope(effect.frame).kind] : []))
}

/** A verified message, as the mind gets it. */
function from<K extends 'newview-request' | 'propose' | 'prepared'>(
  peer: PeerId,
  kind: K,
  body: MessageOf<K>['body'],
): MessageOf<K> {
  return { kind, from: peer, signer: peer, body, bytes: NO_SIGNATURE, sig: NO_SIGNATURE }
}

const promiseBy = (signer: Signer, round: number, epoch = 0): Signed<NewView> =>
  sign(signer, roster.swarm, NEWVIEW, { instance: INSTANCE, epoch, round, prepared: null })

function asked(
  round: number,
  now: number,
  newviews: readonly Signed<NewView>[] = [],
  by: Signer = proposer,
): readonly string[] {
  const body = { instance: INSTANCE, epoch: 0, round, newviews }
  return answersTo(now, (out) => voter.onNewViewRequest(out, from(by.id, 'newview-request', body)))
}

beforeEach(() => {
  voter = new Voter({ signer: self, roster, rules })
})

describe('how far one promise leaps', () => {
  const ballotOf = (round: number) => ({ instance: INSTANCE, epoch: 0, round, value: valueDigestOf(VALUE) })
  const proposed = (round: number) =>
    answersTo(LATE_MS, (out) => {
      const proposal = sign(proposer, roster.swarm, PROPOSAL, ballotOf(round))
      const newviews = [proposer, third, fourth].map((signer) => promiseBy(signer, round))
      voter.onPropose(out, from(proposer.id, 'propose', { proposal, value: VALUE, newviews }))
    })
  const prepared = (round: number) =>
    answersTo(LATE_MS, (out) => {
      const quorum = quorumOf(0, 4, new Map([0, 1, 2].map((at) => [at, NO_SIGNATURE])))
      voter.onPrepared(out, from(proposer.id, 'prepared', { ballot: ballotOf(round), quorum }))
    })

  it('has its limit between the two rounds of these tests', () => {
    expect(FARTHEST).toBeLessThanOrEqual(ROUND_LEAP_MAX)
    expect(TOO_FAR).toBeGreaterThan(ROUND_LEAP_MAX)
  })

  it.each([
    ['a request for a promise', (round: number) => asked(round, LATE_MS), 'promised'],
    ['a proposal', proposed, 'prepare'],
    ['a prepared certificate', prepared, 'refusal'],
  ] as const)('is limited for %s', (_, show, answer) => {
    expect(show(TOO_FAR)).toEqual([])
    expect(voter.promised(INSTANCE)).toBe(0)
    expect(show(FARTHEST)).toEqual([answer])
  })

  it('counts from the last promise', () => {
    expect(asked(FARTHEST, LATE_MS)).toEqual(['promised'])
    expect(asked(TOO_FAR, 2 * LATE_MS)).toEqual(['promised'])
    expect(voter.promised(INSTANCE)).toBe(TOO_FAR)
  })
})

describe('when a round is promised', () => {
  const round = turnAfter(2)
  const readyMs = DUE_MS + waitMs(0, round, 4)

  it('is after its wait', () => {
    expect(asked(round, readyMs - 1)).toEqual([])
    expect(asked(round, readyMs)).toEqual(['promised'])
  })

  it('is at once where others have promised it, one of whom must be correct', () => {
    expect(asked(round, readyMs - 1, [promiseBy(proposer, round)])).toEqual([])
    expect(asked(round, readyMs - 1, [promiseBy(proposer, round), promiseBy(third, round)])).toEqual([
      'promised',
    ])
  })

  it.each([
    ['one witness twice', [promiseBy(proposer, round), promiseBy(proposer, round)]],
    ['promises of other rounds', [promiseBy(proposer, round), promiseBy(third, round + 1)]],
    ['promises of other epochs', [promiseBy(proposer, round), promiseBy(third, round, 1)]],
  ])('is not hastened by %s', (_, newviews) => {
    expect(asked(round, readyMs - 1, newviews)).toEqual([])
    expect(voter.promised(INSTANCE)).toBe(0)
  })

  it("is not put off by other promises since its proposer's first question, but by its last promise", () => {
    const far = turnAfter(100)
    const farMs = DUE_MS + waitMs(0, far, 4)
    expect(asked(far, DUE_MS)).toEqual([])
    const other = nextTurnOf(third.id, INSTANCE, 2, roster.epoch)
    expect(asked(other, farMs - 1, [], third)).toEqual(['promised'])
    expect(asked(far, farMs - 1)).toEqual([])
    expect(asked(far, farMs)).toEqual(['promised'])
    const next = turnAfter(far + 1)
    expect(asked(next, farMs + waitMs(far, next, 4) - 1)).toEqual([])
    expect(asked(next, farMs + waitMs(far, next, 4))).toEqual(['promised'])
  })

  it('is not hastened by a question about a past round', () => {
    const later = turnAfter(round + 1)
    expect(asked(later, LATE_MS)).toEqual(['promised'])
    expect(asked(round, LATE_MS)).toEqual(['refusal'])
    expect(asked(turnAfter(later + 1), LATE_MS)).toEqual([])
  })

  it('is never below the last promise, whoever has promised it', () => {
    expect(asked(turnAfter(round + 1), LATE_MS)).toEqual(['promised'])
    expect(asked(round, LATE_MS, [promiseBy(proposer, round), promiseBy(third, round)])).toEqual(['refusal'])
  })
})

describe('what a round is bound to', () => {
  const certificate = (epoch: number, round: number, value: Value) => ({
    ballot: { instance: INSTANCE, epoch, round, value: valueDigestOf(value) },
    quorum: quorumOf(epoch, 4, new Map([0, 1, 2].map((at) => [at, NO_SIGNATURE]))),
  })
  const OTHER: Value = { type: 'void', reason: 'expired', cancel: null }
  const bound = (earlier: number) => {
    const shown = [certificate(0, 1, VALUE), certificate(earlier, 4, OTHER), null]
    const newviews = [proposer, third, fourth].map((signer, at) =>
      sign(signer, roster.swarm, NEWVIEW, {
        instance: INSTANCE,
        epoch: 0,
        round: 5,
        prepared: shown[at] ?? null,
      }),
    )
    return carriedBy(newviews, { instance: INSTANCE, epoch: 0, round: 5 }, roster)
  }

  it('is the value of the highest certificate of its own epoch: those who have left can make any', () => {
    expect(bound(0)).toBe(valueDigestOf(OTHER))
    expect(bound(7)).toBe(valueDigestOf(VALUE))
  })
})

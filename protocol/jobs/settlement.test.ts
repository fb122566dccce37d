import { describe, expect, it } from 'vitest'
import type { Signed } from '../encoding/signed.ts'
import type { PeerId } from '../ids.ts'
import type { Reveal } from './messages.ts'
import type { OpenJob } from './open-job.ts'
import { nextAttempt, slotAnswers } from './settlement.ts'
import { ANSWER } from './testing-jobs.ts'
import type { JobResult, ReplicaResult } from './value.ts'

const peers = (...names: readonly string[]) => names as unknown as readonly PeerId[]
const [A, B, C, D, E] = peers('a', 'b', 'c', 'd', 'e') as [PeerId, PeerId, PeerId, PeerId, PeerId]
const payeeOf = (peer: PeerId, at: number) => ({ peer, price: BigInt(at), payout: peer, voter: peer })

/** An attempt of two slots, held by A and B, for which C, D and E stand by. */
function openJob(standbys: readonly PeerId[] = [C, D, E]): OpenJob {
  const payees = [A, B, C, D, E].map(payeeOf)
  const spec = { minConfidence: 900_000, attempts: 3, maxSlots: 6, replicas: 2 }
  const slots = payees.slice(0, 2).map((payee, slot) => ({ slot, ...payee }))
  // All that a settlement reads.
  return {
    record: { spec },
    payees,
    earlier: [],
    attempt: { step: 0, slots, standbys },
  } as unknown as OpenJob
}

const revealOf = (signer: PeerId, slot: number) => {
  return { signer, body: { slot, answer: ANSWER } } as unknown as Signed<Reveal>
}

describe('a slot', () => {
  const filledBy = (...reveals: readonly Signed<Reveal>[]) =>
    slotAnswers(openJob(), reveals).map(({ peer, rank, price, answer }) => [
      peer,
      rank,
      price,
      answer !== null,
    ])

  it('is that of its lowest rank that has revealed, at that peer’s own price', () => {
    expect(filledBy(revealOf(A, 0), revealOf(B, 1))).toEqual([
      [A, 0, 0n, true],
      [B, 0, 1n, true],
    ])
    expect(filledBy(revealOf(D, 0), revealOf(C, 0))).toEqual([
      [C, 1, 2n, true],
      [B, 0, 1n, false],
    ])
    expect(filledBy(revealOf(C, 0), revealOf(A, 0), revealOf(E, 1))).toEqual([
      [A, 0, 0n, true],
      [E, 2, 4n, true],
    ])
  })
})

describe('a further attempt', () => {
  const result = (...replicas: readonly PeerId[]) => {
    const settled = replicas.map((peer, slot) => ({ slot, peer })) as unknown as readonly ReplicaResult[]
    return { winner: null, confidence: 0, replicas: settled } as unknown as JobResult
  }

  it('is by standbys that have filled no slot; the others stand by for it', () => {
    const next = nextAttempt(openJob(), result(A, B), [])
    expect(next).toEqual({
      slots: [
        { slot: 2, peer: C },
        { slot: 3, peer: D },
      ],
      standbys: [E],
    })
    expect(nextAttempt(openJob(), result(C, B), [])).toEqual({
      slots: [
        { slot: 2, peer: D },
        { slot: 3, peer: E },
      ],
      standbys: [],
    })
  })

  it('leaves witnesses for last, who have seen the answers', () => {
    expect(nextAttempt(openJob(), result(A, B), [C, D])).toEqual({
      slots: [
        { slot: 2, peer: E },
        { slot: 3, peer: C },
      ],
      standbys: [D],
    })
  })

  it('is none when nobody is left', () => {
    expect(nextAttempt(openJob([]), result(A, B), [])).toEqual({ slots: [], standbys: [] })
  })
})

import { describe, expect, it } from 'vitest'
import { testSigner } from '../ledger/testing-mind.ts'
import { TIMES } from '../params.ts'
import { testInvitation, testJoin } from '../swarm/testing-invitations.ts'
import { BLOB, runningJob } from './testing-jobs.ts'
import { expectSame, type TestEpochs } from './testing-orders.ts'

const paid = (epochs: TestEpochs) =>
  [5, 6].map((at) => epochs.view(0).account(epochs.id(at))?.claimable ?? 0n)

describe('a job that runs while its replicas turn out to be of one operator', () => {
  it('is judged everywhere by the labels that it was assigned by', () => {
    const { epochs, finish: end } = runningJob()
    const { swarm } = epochs.minds.roster
    const labels = () => [5, 6].map((at) => epochs.view(0).roster.member(epochs.id(at))?.operator)
    const before = labels()
    for (const at of [5, 6]) {
      const token = testSigner(20 + at)
      const entry = testJoin(
        swarm,
        testInvitation(swarm, [epochs.signer(0)], token),
        token,
        epochs.signer(at),
      )
      for (const witness of [0, 1, 2, 3])
        epochs.minds.say(epochs.id(4), epochs.id(witness), 'certify', { epoch: 0, entry, evidence: [] })
      epochs.minds.pass(2 * TIMES.nudgeMs)
    }
    expect(new Set(before).size).toBe(2)
    expect(new Set(labels()).size).toBe(1)
    end()
    expect(epochs.minds.judged.length).toBeGreaterThan(1)
    for (const { voters } of epochs.minds.judged) expect(voters).toEqual(before)
    expect(paid(epochs)).toEqual([100n, 100n])
  })
})

describe('a job that runs while the epoch changes', () => {
  it('is closed by the next witnesses from the seals of those that stay', () => {
    const { epochs, finish: end } = runningJob()
    epochs.change(epochs.order([1, 2, 3, 5]))
    end()
    expectSame(epochs)
    expect(paid(epochs)).toEqual([100n, 100n])
  })

  it('is closed when its seals came before the change, and its reveals after it', () => {
    const { epochs, job, finish: _finish } = runningJob()
    epochs.minds.isCut = (_from, _to, kind) => kind === 'reveal'
    for (const run of epochs.minds.runs) epochs.minds.finish(run, BLOB)
    epochs.change(epochs.order([0, 1, 2, 5]), 0, TIMES.nudgeMs)
    epochs.minds.isCut = () => false
    epochs.minds.pass(2 * TIMES.revealMs)
    expect(epochs.view(4).job(job)).toBeUndefined()
    expectSame(epochs)
    expect(paid(epochs)).toEqual([100n, 100n])
  })

  it('is sealed by no witness that has stopped', () => {
    const { epochs, job } = runningJob()
    epochs.minds.isCut = (_from, _to, kind) => kind === 'propose'
    epochs.change(epochs.order([0, 1, 2, 5]), 0, 10)
    for (const { id } of epochs.signers) epochs.minds.heard(id, 'seal')
    for (const run of epochs.minds.runs) epochs.minds.finish(run, BLOB)
    for (const { id } of epochs.signers) expect(epochs.minds.heard(id, 'seal')).toEqual([])
    epochs.minds.isCut = () => false
    epochs.minds.pass(30_000)
    expect(epochs.view(4).job(job)).toBeUndefined()
    expect(paid(epochs)).toEqual([100n, 100n])
  })

  // One, or two, of those who could seal are left; of two witnesses each quorum has two, and one seal counts.
  it.each([[[0, 4, 5, 6]], [[0, 1]]])('pays nobody by the seals of %j alone', (witnesses) => {
    const { epochs, job } = runningJob()
    epochs.change(epochs.order(witnesses))
    for (const run of epochs.minds.runs) epochs.minds.finish(run, BLOB)
    epochs.minds.pass(2 * TIMES.commitMs)
    expect(epochs.view(0).job(job)?.status).not.toBe('completed')
    epochs.minds.pass(TIMES.voidMs)
    expect(epochs.view(0).job(job)).toBeUndefined()
    expectSame(epochs)
    expect(paid(epochs)).toEqual([0n, 0n])
    expect(epochs.view(0).supply().escrowed).toBe(0n)
  })
})

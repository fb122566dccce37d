import { describe, expect, it } from 'vitest'
import { PREPARE, valueDigestOf } from '../../protocol/agreement/messages.ts'
import { plainFrame, signedFrame } from '../../protocol/encoding/envelope.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { type Digest, jobInstance } from '../../protocol/ids.ts'
import { COMMIT, REVEAL, SEAL } from '../../protocol/jobs/messages.ts'
import { entryIdOf, type SignedEntry, VOTE } from '../../protocol/ledger/entry.ts'
import { certified, decided, digestOf, entryOf, frameOf, minted, minter, openedJob } from './bench.ts'
import { reports, resolutionOf, runner, settledBy, show, showRecords, swarm, witnesses } from './bench.ts'
import { faultyMax, quorumOf } from './checker.ts'
import { createSingleFactChecker } from './single-fact.ts'
import { createSingleSignatureChecker } from './single-signature.ts'

const job = openedJob
const vote = (name: string) => ({
  epoch: 0,
  account: minter.id,
  seq: 3,
  entry: entryIdOf(entryOf(runner, { free: BigInt(name.length), prev: digestOf(name) })),
})
const ballot = (round: number, value: string) => ({
  instance: jobInstance(job, 0),
  epoch: 0,
  round,
  value: digestOf(value),
})
const commit = (name: string) => ({ job, step: 0, slot: 0, rank: 0, commitment: digestOf(name) })
const sealed = (started: number) => ({
  job,
  step: 0,
  commits: [],
  started: Array.from({ length: started }, (_, slot) => ({ slot, peer: runner.id })),
})
const revealed = (salt: number, seal: string) =>
  plainFrame(swarm, runner.id, 'reveal', {
    reveal: sign(runner, swarm, REVEAL, {
      job,
      step: 0,
      slot: 0,
      salt: new Uint8Array(32).fill(salt),
      answer: { digest: digestOf('answer'), size: 6 },
      seals: [{ witness: minter.id, seal: digestOf(seal) }],
    }),
    seals: [],
  })

describe('thresholds', () => {
  it.each([
    [1, 0, 1],
    [2, 0, 2],
    [3, 0, 2],
    [4, 1, 3],
    [5, 1, 4],
    [6, 1, 4],
    [7, 2, 5],
    [10, 3, 7],
  ])('of %i witnesses', (count, faulty, quorum) => {
    expect([faultyMax(count), quorumOf(count)]).toEqual([faulty, quorum])
  })
})

describe('single signature', () => {
  const found = (...frames: readonly Uint8Array[]) =>
    reports(createSingleSignatureChecker, (checker) => show(checker, frames))

  it.each([
    ['votes', [frameOf(VOTE, 'vote', runner, vote('x')), frameOf(VOTE, 'vote', runner, vote('y'))]],
    [
      'prepares',
      [
        frameOf(PREPARE, 'prepare', runner, ballot(0, 'x')),
        frameOf(PREPARE, 'prepare', runner, ballot(0, 'y')),
      ],
    ],
    [
      'commits',
      [
        frameOf(COMMIT, 'job-commit', runner, commit('x')),
        frameOf(COMMIT, 'job-commit', runner, commit('y')),
      ],
    ],
    ['reveals', [revealed(1, 'x'), revealed(2, 'x')]],
    ['seals', [frameOf(SEAL, 'seal', runner, sealed(0)), frameOf(SEAL, 'seal', runner, sealed(1))]],
  ])('finds two %s of one slot', (_name, frames) => {
    expect(found(...frames)).toHaveLength(1)
  })

  it('has nothing against repeats and other slots', () => {
    const frames = [
      frameOf(VOTE, 'vote', runner, vote('x')),
      frameOf(VOTE, 'vote', minter, vote('y')),
      frameOf(VOTE, 'vote', runner, { ...vote('x'), epoch: 1 }),
      frameOf(PREPARE, 'prepare', runner, ballot(0, 'x')),
      frameOf(PREPARE, 'prepare', runner, ballot(1, 'y')),
      revealed(1, 'x'),
      revealed(1, 'y'),
    ]
    expect(found(...frames, ...frames)).toEqual([])
  })

  it('holds no forgery against anybody', () => {
    const forged = { ...sign(minter, swarm, VOTE, vote('y')), signer: runner.id }
    expect(found(frameOf(VOTE, 'vote', runner, vote('x')), signedFrame(swarm, 'vote', forged))).toEqual([])
  })
})

describe('single fact', () => {
  const other = entryOf(minter, { ops: [{ type: 'mint', to: runner.id, amount: 60_000n, memo: '' }] })
  const stored = (...records: readonly (readonly [string, Uint8Array])[]) =>
    reports(createSingleFactChecker, (checker) => showRecords(checker, records))

  it('accepts one certificate under several signature sets', () => {
    expect(stored(certified(minted), certified(minted, witnesses.slice(1)))).toEqual([])
  })

  it('finds two certificates of one position and two decisions of one instance', () => {
    expect(stored(certified(minted), certified(other, witnesses.slice(1)))).toHaveLength(1)
    const ends = [
      decided(job, 0, { type: 'void', reason: 'unassigned', cancel: null }),
      decided(job, 0, { type: 'void', reason: 'expired', cancel: null }),
    ]
    expect(stored(...ends)).toHaveLength(1)
  })

  it('finds a quorum that is none', () => {
    expect(stored(certified(minted, witnesses.slice(0, 2)))).toEqual([expect.stringContaining('weak quorum')])
  })

  it('finds votes that would make two certificates, though nobody assembled them', () => {
    const votes = (name: string, voters: typeof witnesses) =>
      voters.map((voter) => frameOf(VOTE, 'vote', voter, vote(name)))
    const split = [...votes('x', witnesses.slice(0, 3)), ...votes('y', witnesses.slice(2))]
    const double = [...votes('x', witnesses.slice(0, 3)), ...votes('y', witnesses.slice(1))]
    expect(reports(createSingleFactChecker, (checker) => show(checker, split))).toEqual([])
    expect(reports(createSingleFactChecker, (checker) => show(checker, double))).toHaveLength(1)
  })

  describe('of a fork that was settled', () => {
    const [one, two, three] = [60_000n, 70_000n, 80_000n].map((amount) =>
      entryOf(minter, { ops: [{ type: 'mint', to: runner.id, amount, memo: '' }] }),
    ) as [SignedEntry, SignedEntry, SignedEntry]
    const behind = (prev: Digest) => entryOf(minter, { seq: 1, prev })
    const frameWith = (entry: SignedEntry) => signedFrame(swarm, 'entry', entry)
    const found = (entries: readonly SignedEntry[], ...certain: readonly SignedEntry[]) =>
      reports(createSingleFactChecker, (checker) => {
        show(checker, certain.map(frameWith))
        showRecords(
          checker,
          certain.map((entry) => certified(entry)),
        )
        const [key, value] = settledBy(entries)
        checker.stored?.(minter.id, [{ key, value }])
      })

    it('accepts what was settled, and what builds on it', () => {
      expect(found([one], one, behind(entryIdOf(one)))).toEqual([])
      expect(found([one, two], two, behind(valueDigestOf(resolutionOf([one, two]))))).toEqual([])
    })

    it('finds another certificate at the place', () => {
      expect(found([one], two)).toHaveLength(1)
      expect(found([one, two], three)).toEqual([expect.stringContaining('merged from')])
    })

    it('finds one behind a branch that was left', () => {
      expect(found([one, two], two, behind(entryIdOf(two)))).toEqual([
        expect.stringContaining('another head'),
      ])
    })
  })
})

import { describe, expect, it } from 'vitest'
import { createPeer } from '../../protocol/peer/peer.ts'
import type { CryptoName } from '../crypto.ts'
import { openJudge } from '../judge.ts'
import { runJobs } from './jobs.ts'

const judge = openJudge()
const run = (seed: number, jobs: number, crypto: CryptoName = 'keyed-hash') =>
  runJobs({ seed, jobs, crypto, judge, createMind: createPeer })

// Whole swarms on a busy machine; nothing here measures time.
describe('jobs scenario', { timeout: 120_000 }, () => {
  it('is the same run with the same seed', () => {
    expect(run(5, 4).traceHash).toBe(run(5, 4).traceHash)
    expect(run(5, 4).traceHash).not.toBe(run(6, 4).traceHash)
  })

  it('holds with real signatures', () => {
    const { violations, stuck } = run(7, 2, 'ed25519')
    expect(violations).toEqual([])
    expect(stuck).toBeUndefined()
  })
})

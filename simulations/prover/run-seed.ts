import { createPeer } from '../../protocol/peer/peer.ts'
import { openJudge } from '../judge.ts'
import { runJobFaults } from '../scenarios/job-faults.ts'
import { runLedger } from '../scenarios/ledger.ts'
import type { ScenarioName, SeedReport } from './scenarios.ts'

// Signatures by real Ed25519 take most of a run's time; one seed in 50 has them.
const REAL_CRYPTO_EVERY = 50

export type RunSeed = (seed: number, print?: (line: string) => void) => SeedReport

/** Everything that a run needs, read once. Imported only after a mutant was put in place. `unwatched`: no such checkers. */
export function createRunSeed(scenario: ScenarioName, unwatched: readonly string[] = []): RunSeed {
  const judge = openJudge()
  const run = scenario === 'jobs' ? runJobFaults : runLedger
  return (seed, print) =>
    run({
      seed,
      crypto: seed % REAL_CRYPTO_EVERY === 0 ? 'ed25519' : 'keyed-hash',
      judge,
      createMind: createPeer,
      unwatched,
      ...(print === undefined ? {} : { print }),
    })
}

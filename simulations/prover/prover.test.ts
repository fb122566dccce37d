import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Kill } from './kill-mutants.ts'
import { mutatedSource } from './mutate.ts'
import { MUTANTS, mutantNamed } from './mutants.ts'
import type { Proof } from './prove-seeds.ts'
import { regressionSeeds } from './regressions.ts'
import type { ScenarioName, SeedReport } from './scenarios.ts'

const MAIN = fileURLToPath(new URL('../prove.ts', import.meta.url))
const run = promisify(execFile)
/** The reports of 200 seeds are some 100 KiB. */
const OUTPUT_BYTES_MAX = 16 * 1_024 * 1_024
const SEEDS = 200

/** As a user would; a failing seed's replay line is on the command's own standard error. */
async function prover(...args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(process.execPath, [MAIN, ...args, '--json'], { maxBuffer: OUTPUT_BYTES_MAX })
  return JSON.parse(stdout)
}

const wrongs = (reports: readonly SeedReport[]) => reports.flatMap(({ violations }) => violations)

describe('the prover', { timeout: 600_000 }, () => {
  const traces = new Map<number, string>()

  it('finds nothing in two hundred seeds and in those that failed once', async () => {
    const proof = (await prover('--seeds', String(SEEDS))) as Proof
    expect(proof.failures).toEqual([])
    expect(wrongs(proof.reports)).toEqual([])
    for (const { seed, traceHash } of proof.reports) traces.set(seed, traceHash)
    const seeds = proof.reports.map(({ seed }) => seed)
    expect(seeds).toEqual(expect.arrayContaining([...regressionSeeds('ledger')]))
    expect(seeds.length).toBeGreaterThanOrEqual(SEEDS)
    // A prover that proves nothing would be clean, too.
    expect(proof.reports.some(({ adversaries }) => adversaries > 0)).toBe(true)
    const ledger = proof.reports.filter((report) => report.scenario === 'ledger')
    expect(ledger.some(({ decided }) => decided > 0)).toBe(true)
    expect(ledger.some(({ resolved }) => resolved > 0)).toBe(true)
    const changed = ledger.filter(({ epochs }) => epochs.decided > 0)
    expect(changed.length).toBeGreaterThan(SEEDS / 4)
    expect(changed.some(({ epochs }) => epochs.added > 0)).toBe(true)
    expect(changed.some(({ epochs }) => epochs.removed > 0)).toBe(true)
  })

  it('finds nothing in two hundred seeds of jobs', async () => {
    const proof = (await prover('--scenario', 'jobs', '--seeds', String(SEEDS))) as Proof
    expect(proof.failures).toEqual([])
    expect(wrongs(proof.reports)).toEqual([])
    const jobs = proof.reports.filter((report) => report.scenario === 'jobs')
    expect(jobs).toHaveLength(proof.reports.length)
    for (const end of ['completed', 'unresolved', 'void'] as const)
      expect(jobs.some(({ ends }) => ends[end] > 0)).toBe(true)
    for (const figure of ['takeovers', 'reassigned', 'cancels', 'struck', 'adversaries'] as const)
      expect(jobs.some((report) => report[figure] > 0)).toBe(true)
  })

  it('catches every mutant with a checker that is there for it, and is clean without it', async () => {
    const kills = (await prover('--mutants', '--seeds', String(SEEDS))) as readonly Kill[]
    const caught = kills.map(({ mutant, caught: by }) => ({ mutant, checker: by?.checker ?? 'nobody' }))
    expect(caught.filter(({ mutant, checker }) => !mutantNamed(mutant).caughtBy.includes(checker))).toEqual(
      [],
    )
    expect(kills).toHaveLength(MUTANTS.length)
    const seedsIn = (name: ScenarioName) =>
      new Set(
        kills.flatMap(({ mutant, caught: by }) =>
          (mutantNamed(mutant).scenario ?? 'ledger') === name ? (by?.seed ?? []) : [],
        ),
      )
    for (const seed of seedsIn('jobs')) {
      const report = (await prover('--scenario', 'jobs', '--seed', String(seed))) as SeedReport
      expect(wrongs([report])).toEqual([])
    }
    const seeds = seedsIn('ledger')
    for (const seed of seeds) {
      const report = (await prover('--seed', String(seed))) as SeedReport
      expect(wrongs([report])).toEqual([])
      // Alone in the command's own thread it is the same run as among others in a worker.
      if (traces.has(seed)) expect(report.traceHash).toBe(traces.get(seed))
    }
    expect([...seeds].filter((seed) => traces.has(seed)).length).toBeGreaterThan(seeds.size / 2)
  })
})

describe('a mutant', () => {
  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('%s fits the code', (_name, mutant) => {
    expect(mutatedSource(mutant)).toContain(mutant.replace)
  })

  it('whose line is gone, or stands twice, is refused', () => {
    const [mutant] = MUTANTS
    if (mutant === undefined) throw new Error('there are mutants')
    expect(() => mutatedSource({ ...mutant, find: 'no such line' })).toThrow('stands 0 times')
    expect(() => mutatedSource({ ...mutant, find: 'quorum' })).toThrow(/stands \d+ times/)
    expect(() => mutantNamed('nobody')).toThrow('no mutant')
  })
})

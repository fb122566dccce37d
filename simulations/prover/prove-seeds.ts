import { runSeeds } from './pool.ts'
import { createProgress } from './progress.ts'
import { figuresOf } from './figures.ts'
import type { ScenarioName, SeedReport } from './scenarios.ts'
import { table } from './table.ts'

export interface SeedFailure {
  readonly seed: number
  readonly error: string
}

export interface Proof {
  readonly reports: readonly SeedReport[]
  /** Seeds of which the simulator itself failed. */
  readonly failures: readonly SeedFailure[]
  readonly elapsedMs: number
  /** Whether it was stopped before all seeds were run. */
  readonly isPartial: boolean
}

export interface ProofOptions {
  readonly scenario: ScenarioName
  readonly seeds: readonly number[]
  readonly threads: number
  readonly signal: AbortSignal
  /** Told of each seed that fails, at once. */
  readonly onFailure: (lines: string) => void
}

/** Runs seeds of the protocol as it is; aborting leaves what was found so far. */
export async function proveSeeds({
  scenario,
  seeds,
  threads,
  signal,
  onFailure,
}: ProofOptions): Promise<Proof> {
  const startedAt = performance.now()
  const progress = createProgress(seeds.length, 'seeds')
  const reports: SeedReport[] = []
  const failures: SeedFailure[] = []
  const failed = () => failures.length + reports.filter((report) => !isClean(report)).length
  try {
    await runSeeds({
      scenario,
      threads,
      mutant: null,
      seeds,
      signal,
      take(reply) {
        if (reply.type === 'report') reports.push(reply.report)
        else failures.push(reply)
        progress.step(reports.length + failures.length, failed())
        if (reply.type === 'failed' || !isClean(reply.report)) onFailure(failureOf(scenario, reply))
        return true
      },
    })
  } catch (error) {
    if (!signal.aborted) throw error
  }
  progress.end()
  reports.sort((a, b) => a.seed - b.seed)
  const isPartial = reports.length + failures.length < seeds.length
  return { reports, failures, elapsedMs: performance.now() - startedAt, isPartial }
}

export function isClean({ violations }: SeedReport): boolean {
  return violations.length === 0
}

type Failed = SeedFailure | { readonly report: SeedReport }

function failureOf(scenario: ScenarioName, failed: Failed): string {
  const { seed } = 'report' in failed ? failed.report : failed
  const lines =
    'report' in failed
      ? failed.report.violations.map(({ checker, atMs, detail }) => `  ${checker} at ${atMs} ms: ${detail}`)
      : [`  the simulator failed: ${failed.error}`]
  const replay = `npm run sim:prove -- --scenario ${scenario} --seed ${seed} --trace`
  return [`seed ${seed} failed; replay: ${replay}`, ...lines, ''].join('\n')
}

export function summaryOf({ reports, failures, elapsedMs, isPartial }: Proof): string {
  const sum = (figure: (report: SeedReport) => number) =>
    reports.reduce((total, report) => total + figure(report), 0)
  const withLiars = reports.filter(({ adversaries }) => adversaries > 0).length
  return table([
    ['seeds', reports.length + failures.length],
    ['failed seeds', failures.length + reports.filter((report) => !isClean(report)).length],
    ['violations', sum(({ violations }) => violations.length)],
    ['seeds with adversaries', withLiars],
    ['peers', sum(({ peers }) => peers)],
    ['crashes', sum(({ crashes }) => crashes)],
    ...figuresOf(reports),
    ['virtual hours', (sum(({ virtualMs }) => virtualMs) / 3_600_000).toFixed(1)],
    ['steps', sum(({ steps }) => steps)],
    ['real seconds', (elapsedMs / 1_000).toFixed(1)],
    ...(isPartial ? [['stopped early', 'yes'] as const] : []),
  ])
}

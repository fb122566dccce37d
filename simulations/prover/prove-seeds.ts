import type { LedgerReport } from '../scenarios/ledger.ts'
import { runSeeds } from './pool.ts'
import { createProgress } from './progress.ts'
import { table } from './table.ts'

export interface SeedFailure {
  readonly seed: number
  readonly error: string
}

export interface Proof {
  readonly reports: readonly LedgerReport[]
  /** Seeds of which the simulator itself failed. */
  readonly failures: readonly SeedFailure[]
  readonly elapsedMs: number
  /** Whether it was stopped before all seeds were run. */
  readonly isPartial: boolean
}

export interface ProofOptions {
  readonly seeds: readonly number[]
  readonly threads: number
  readonly signal: AbortSignal
  /** Told of each seed that fails, at once. */
  readonly onFailure: (lines: string) => void
}

/** Runs seeds of the protocol as it is; aborting leaves what was found so far. */
export async function proveSeeds({ seeds, threads, signal, onFailure }: ProofOptions): Promise<Proof> {
  const startedAt = performance.now()
  const progress = createProgress(seeds.length, 'seeds')
  const reports: LedgerReport[] = []
  const failures: SeedFailure[] = []
  const failed = () => failures.length + reports.filter((report) => !isClean(report)).length
  try {
    await runSeeds({
      threads,
      mutant: null,
      seeds,
      signal,
      take(reply) {
        if (reply.type === 'report') reports.push(reply.report)
        else failures.push(reply)
        progress.step(reports.length + failures.length, failed())
        if (reply.type === 'failed' || !isClean(reply.report)) onFailure(failureOf(reply))
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

export function isClean({ violations }: LedgerReport): boolean {
  return violations.length === 0
}

type Failed = SeedFailure | { readonly report: LedgerReport }

function failureOf(failed: Failed): string {
  const { seed } = 'report' in failed ? failed.report : failed
  const lines =
    'report' in failed
      ? failed.report.violations.map(({ checker, atMs, detail }) => `  ${checker} at ${atMs} ms: ${detail}`)
      : [`  the simulator failed: ${failed.error}`]
  const replay = `npm run sim:prove -- --seed ${seed} --trace`
  return [`seed ${seed} failed; replay: ${replay}`, ...lines, ''].join('\n')
}

export function summaryOf({ reports, failures, elapsedMs, isPartial }: Proof): string {
  const sum = (figure: (report: LedgerReport) => number) =>
    reports.reduce((total, report) => total + figure(report), 0)
  const withLiars = reports.filter(({ adversaries }) => adversaries > 0).length
  return table([
    ['seeds', reports.length + failures.length],
    ['failed seeds', failures.length + reports.filter((report) => !isClean(report)).length],
    ['violations', sum(({ violations }) => violations.length)],
    ['seeds with adversaries', withLiars],
    ['peers', sum(({ peers }) => peers)],
    ['crashes', sum(({ crashes }) => crashes)],
    ['entries certified', sum(({ certified }) => certified)],
    ['steps of jobs decided', sum(({ decided }) => decided)],
    ['forks settled', sum(({ resolved }) => resolved)],
    ['seeds with changes of epoch', reports.filter(({ epochs }) => epochs.ordered > 0).length],
    ['epochs ordered', sum(({ epochs }) => epochs.ordered)],
    ['epochs decided', sum(({ epochs }) => epochs.decided)],
    ['witnesses added', sum(({ epochs }) => epochs.added)],
    ['witnesses removed', sum(({ epochs }) => epochs.removed)],
    ['most witnesses', Math.max(0, ...reports.map(({ epochs }) => epochs.witnessesMax))],
    ['virtual hours', (sum(({ virtualMs }) => virtualMs) / 3_600_000).toFixed(1)],
    ['steps', sum(({ steps }) => steps)],
    ['real seconds', (elapsedMs / 1_000).toFixed(1)],
    ...(isPartial ? [['stopped early', 'yes'] as const] : []),
  ])
}

import type { JobFaultsReport } from '../scenarios/job-faults.ts'
import type { LedgerReport } from '../scenarios/ledger.ts'
import type { SeedReport } from './scenarios.ts'

type Row = readonly [string, number]

/** What is worth knowing of a scenario's runs, in sum. */
export function figuresOf(reports: readonly SeedReport[]): readonly Row[] {
  const ledger = reports.filter((report) => report.scenario === 'ledger')
  const jobs = reports.filter((report) => report.scenario === 'jobs')
  return [...(ledger.length > 0 ? ledgerRows(ledger) : []), ...(jobs.length > 0 ? jobRows(jobs) : [])]
}

function ledgerRows(reports: readonly LedgerReport[]): readonly Row[] {
  const sum = (figure: (report: LedgerReport) => number) =>
    reports.reduce((total, report) => total + figure(report), 0)
  return [
    ['entries certified', sum(({ certified }) => certified)],
    ['steps of jobs decided', sum(({ decided }) => decided)],
    ['forks settled', sum(({ resolved }) => resolved)],
    ['seeds with changes of epoch', reports.filter(({ epochs }) => epochs.ordered > 0).length],
    ['epochs ordered', sum(({ epochs }) => epochs.ordered)],
    ['epochs decided', sum(({ epochs }) => epochs.decided)],
    ['witnesses added', sum(({ epochs }) => epochs.added)],
    ['witnesses removed', sum(({ epochs }) => epochs.removed)],
    ['most witnesses', Math.max(0, ...reports.map(({ epochs }) => epochs.witnessesMax))],
  ]
}

function jobRows(reports: readonly JobFaultsReport[]): readonly Row[] {
  const sum = (figure: (report: JobFaultsReport) => number) =>
    reports.reduce((total, report) => total + figure(report), 0)
  return [
    ['jobs opened', sum(({ jobs }) => jobs)],
    ['completed', sum(({ ends }) => ends.completed)],
    ['unresolved', sum(({ ends }) => ends.unresolved)],
    ['void', sum(({ ends }) => ends.void)],
    ['takeovers', sum(({ takeovers }) => takeovers)],
    ['assigned again', sum(({ reassigned }) => reassigned)],
    ['aimed troubles', sum(({ struck }) => struck)],
    ['cancels', sum(({ cancels }) => cancels)],
  ]
}

import type { JobFaultsReport } from '../scenarios/job-faults.ts'
import type { LedgerReport } from '../scenarios/ledger.ts'

/** What the prover can play. */
export const SCENARIOS = ['ledger', 'jobs'] as const
export type ScenarioName = (typeof SCENARIOS)[number]

export type SeedReport = LedgerReport | JobFaultsReport

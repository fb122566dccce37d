import type { ScenarioName, SeedReport } from './scenarios.ts'

/** What a worker is started with. */
export interface WorkerSetup {
  readonly scenario: ScenarioName
  /** Name of the mutant that it runs in the place of the protocol; null for the real one. */
  readonly mutant: string | null
}

export interface Task {
  readonly seed: number
}

export type Reply =
  | { readonly type: 'report'; readonly report: SeedReport }
  /** The simulator itself failed: no statement about the protocol. */
  | { readonly type: 'failed'; readonly seed: number; readonly error: string }

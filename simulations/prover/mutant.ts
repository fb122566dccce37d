import type { ScenarioName } from './scenarios.ts'

/** One wrong line in the protocol: `find` must stand in `file` exactly once. */
export interface Mutant {
  readonly name: string
  /** What the protocol would no longer do. */
  readonly breaks: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** Seeds that caught it when they were last looked for; tried first. */
  readonly seeds: readonly number[]
  /** In which scenario it is looked for; the ledger's by default. */
  readonly scenario?: ScenarioName
  /** Checkers that are there for this; another one's catch is luck. */
  readonly caughtBy: readonly string[]
  /** Checkers that would see the mistake itself, and end the run before anybody has gained anything by it. */
  readonly unwatched?: readonly string[]
}

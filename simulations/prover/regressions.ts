import { readFileSync } from 'node:fs'
import type { ScenarioName } from './scenarios.ts'

/** A seed that failed once. It stays in the list for ever, although later changes may give it another story. */
interface Regression {
  readonly seed: number
  /** The ledger's by default. */
  readonly scenario?: ScenarioName
  readonly was: string
}

const LIST = new URL('../regressions.json', import.meta.url)

export function regressionSeeds(scenario: ScenarioName): readonly number[] {
  const list = JSON.parse(readFileSync(LIST, 'utf8')) as readonly Regression[]
  return list.filter((one) => (one.scenario ?? 'ledger') === scenario).map(({ seed }) => seed)
}

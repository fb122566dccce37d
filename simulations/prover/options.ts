import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import type { Mutant } from './mutant.ts'
import { MUTANTS, mutantNamed } from './mutants.ts'
import { type ScenarioName, SCENARIOS } from './scenarios.ts'

export const USAGE = `Usage: npm run sim:prove -- [--scenario ledger] [--seeds 200] [--first 1] [--mutants | --mutant NAME] [--seed N [--trace]]

  --scenario NAME what is played: ledger (money, forks, epochs) or jobs (their phases); a mutant has its own
  --seeds N       runs that many seeds, beginning with --first (1), after those that failed once
  --mutants       runs each mutant, of --scenario or all, until a checker catches it, at most --seeds seeds, and prints
                  the kill table
  --mutant NAME   the same for this one; with --seed, that seed under it
  --seed N        runs this one seed
  --trace         prints every event and effect of --seed
  --threads N     by default one for each core
  --json          prints one JSON document instead of tables
`

const SEEDS_DEFAULT = '200'
const SCENARIO_DEFAULT = 'ledger'

export interface ProverOptions {
  readonly scenario: ScenarioName
  readonly seeds: number
  readonly first: number
  /** One seed alone. */
  readonly seed: number | undefined
  readonly trace: boolean
  /** Names; undefined: the protocol as it is. */
  readonly mutants: readonly string[] | undefined
  readonly threads: number
  readonly json: boolean
}

/** Throws a RangeError or MutantError that names what is wrong. */
export function readOptions(args: readonly string[]): ProverOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      scenario: { type: 'string' },
      seeds: { type: 'string', default: SEEDS_DEFAULT },
      first: { type: 'string', default: '1' },
      seed: { type: 'string' },
      trace: { type: 'boolean', default: false },
      mutants: { type: 'boolean', default: false },
      mutant: { type: 'string' },
      threads: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'boolean', default: false },
    },
  })
  const scenario = scenarioNamed(values.scenario ?? SCENARIO_DEFAULT)
  const isWanted = (mutant: Mutant) =>
    values.scenario === undefined || (mutant.scenario ?? SCENARIO_DEFAULT) === scenario
  const all = values.mutants ? MUTANTS.filter(isWanted).map(({ name }) => name) : undefined
  return {
    scenario,
    seeds: wholeNumber('seeds', values.seeds),
    first: wholeNumber('first', values.first),
    seed: values.seed === undefined ? undefined : wholeNumber('seed', values.seed),
    trace: values.trace,
    mutants: values.mutant === undefined ? all : [mutantNamed(values.mutant).name],
    threads: Math.max(1, wholeNumber('threads', values.threads)),
    json: values.json,
  }
}

function scenarioNamed(text: string): ScenarioName {
  const found = SCENARIOS.find((name) => name === text)
  if (found === undefined) throw new RangeError(`--scenario takes ${SCENARIOS.join(' or ')}, not ${text}`)
  return found
}

export function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`--${name} takes a whole number, not ${text}`)
  return Number(text)
}

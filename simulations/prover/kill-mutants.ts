import { mutantNamed } from './mutants.ts'
import { runSeeds } from './pool.ts'
import { createProgress } from './progress.ts'
import { table } from './table.ts'

/** What became of a mutant. */
export interface Kill {
  readonly mutant: string
  /** By a checker that is there for it; undefined: it lived through all seeds, or others noticed it by chance. */
  readonly caught: { readonly seed: number; readonly checker: string; readonly detail: string } | undefined
  readonly seedsRun: number
  /** The simulator failed under it, which is no checker's merit. */
  readonly error: string | undefined
}

export interface KillOptions {
  readonly mutants: readonly string[]
  /** Most seeds for each, beginning with `first`. */
  readonly seeds: number
  readonly first: number
  readonly threads: number
  readonly signal: AbortSignal
}

/** Runs one mutant after the other until it is caught; aborting leaves those that were judged by then. */
export async function killMutants({ mutants, signal, ...options }: KillOptions): Promise<readonly Kill[]> {
  const kills: Kill[] = []
  const progress = createProgress(mutants.length, 'mutants')
  for (const mutant of mutants) {
    try {
      kills.push(await killOne(mutant, { ...options, signal }))
    } catch (error) {
      if (!signal.aborted) throw error
      break
    }
    progress.step(kills.length, kills.filter(({ caught }) => caught === undefined).length)
  }
  progress.end()
  return kills
}

async function killOne(mutant: string, options: Omit<KillOptions, 'mutants'>): Promise<Kill> {
  const { seeds, first, threads, signal } = options
  let caught: Kill['caught']
  let error: string | undefined
  let seedsRun = 0
  const { seeds: known, caughtBy, scenario = 'ledger' } = mutantNamed(mutant)
  await runSeeds({
    scenario,
    threads,
    mutant,
    seeds: orderedSeeds(known, first, seeds),
    signal,
    take(reply) {
      seedsRun += 1
      if (reply.type === 'failed') error ??= reply.error
      else {
        const violation = reply.report.violations.find(({ checker }) => caughtBy.includes(checker))
        if (violation !== undefined) caught ??= { seed: reply.report.seed, ...violation }
      }
      return caught === undefined && error === undefined
    },
  })
  return { mutant, caught, seedsRun, error }
}

/** Those known to catch it come first; whether they still do depends on every line of the protocol. */
function orderedSeeds(known: readonly number[], first: number, count: number): readonly number[] {
  const rest = Array.from({ length: count }, (_, at) => first + at)
  return [...known, ...rest.filter((seed) => !known.includes(seed))].slice(0, count)
}

export function isKilled({ caught, error }: Kill): boolean {
  return caught !== undefined && error === undefined
}

export function killTable(kills: readonly Kill[]): string {
  const rows = kills.map(({ mutant, caught, seedsRun, error }) => {
    const { breaks } = mutantNamed(mutant)
    if (error !== undefined) return [mutant, 'simulator failed', '', seedsRun, breaks]
    if (caught === undefined) return [mutant, 'NOT CAUGHT', '', seedsRun, breaks]
    return [mutant, caught.checker, caught.seed, seedsRun, breaks]
  })
  return table([['mutant', 'caught by', 'seed', 'seeds run', 'what it breaks'], ...rows])
}

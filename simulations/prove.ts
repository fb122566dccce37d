import { isKilled, killMutants, killTable } from './prover/kill-mutants.ts'
import { mutantNamed } from './prover/mutants.ts'
import { installMutant } from './prover/mutate.ts'
import { type ProverOptions, readOptions, USAGE } from './prover/options.ts'
import { isClean, proveSeeds, summaryOf } from './prover/prove-seeds.ts'
import { regressionSeeds } from './prover/regressions.ts'

/** Thousands of small worlds against the ledger and the agreement; see the prover's part of README.md. */
async function main(options: ProverOptions): Promise<boolean> {
  if (options.seed !== undefined) return runOne(options.seed, options)
  const stop = new AbortController()
  // The first Ctrl-C ends the run and still prints what it found; the second one ends the process.
  process.once('SIGINT', () => stop.abort())
  return options.mutants === undefined
    ? prove(options, stop.signal)
    : kill(options, options.mutants, stop.signal)
}

/** In this very thread, so that a debugger and --trace see everything. */
async function runOne(seed: number, { scenario, mutants, trace, json }: ProverOptions): Promise<boolean> {
  const [name] = mutants ?? []
  const mutant = name === undefined ? undefined : mutantNamed(name)
  if (mutant !== undefined) installMutant(mutant)
  const { createRunSeed } = await import('./prover/run-seed.ts')
  const print = (line: string) => process.stdout.write(`${line}\n`)
  const runSeed = createRunSeed(mutant?.scenario ?? scenario, mutant?.unwatched)
  const report = runSeed(seed, trace ? print : undefined)
  const { violations, ...figures } = report
  if (json) print(JSON.stringify(report, undefined, 2))
  else {
    print(JSON.stringify(figures))
    for (const { checker, atMs, detail } of violations) print(`${checker} at ${atMs} ms: ${detail}`)
  }
  return isClean(report)
}

async function prove(options: ProverOptions, signal: AbortSignal): Promise<boolean> {
  const { scenario, seeds, first, threads, json } = options
  const wanted = Array.from({ length: seeds }, (_, at) => first + at)
  const proof = await proveSeeds({
    scenario,
    seeds: [...new Set([...regressionSeeds(scenario), ...wanted])],
    threads,
    signal,
    onFailure: (lines) => process.stderr.write(lines),
  })
  process.stdout.write(json ? `${JSON.stringify(proof, undefined, 2)}\n` : summaryOf(proof))
  return proof.failures.length === 0 && proof.reports.every(isClean) && !proof.isPartial
}

async function kill(
  options: ProverOptions,
  mutants: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const kills = await killMutants({ ...options, mutants, signal })
  process.stdout.write(options.json ? `${JSON.stringify(kills, undefined, 2)}\n` : killTable(kills))
  return kills.length === mutants.length && kills.every(isKilled)
}

try {
  process.exitCode = (await main(readOptions(process.argv.slice(2)))) ? 0 : 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  process.exitCode = 2
}

import { parentPort, workerData } from 'node:worker_threads'
import type { Reply, Task, WorkerSetup } from './messages.ts'
import { mutantNamed } from './mutants.ts'
import { installMutant } from './mutate.ts'

/** One thread of the prover: takes a seed, answers with its report, until it is terminated. */
const setup = workerData as WorkerSetup
const mutant = setup.mutant === null ? undefined : mutantNamed(setup.mutant)
if (mutant !== undefined) installMutant(mutant)

// Only now may anything of protocol/ be loaded.
const { createRunSeed } = await import('./run-seed.ts')
const runSeed = createRunSeed(setup.scenario, mutant?.unwatched)
const port = parentPort
if (port === null) throw new Error('the prover starts this file as a thread')

port.on('message', ({ seed }: Task) => {
  port.postMessage(replyTo(seed))
})

function replyTo(seed: number): Reply {
  try {
    return { type: 'report', report: runSeed(seed) }
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { type: 'failed', seed, error: text }
  }
}

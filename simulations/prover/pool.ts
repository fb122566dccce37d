import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Reply, Task, WorkerSetup } from './messages.ts'
import type { ScenarioName } from './scenarios.ts'

/** The worker's file stands beside this one, before and after compilation. */
const SCRIPT = new URL(import.meta.url.replace(/pool(\.\w+)$/, 'worker$1'))

export interface PoolOptions {
  readonly threads: number
  readonly scenario: ScenarioName
  readonly mutant: string | null
  /** Handed out in this order. */
  readonly seeds: readonly number[]
  /** Told of every reply; answers whether further seeds are to be handed out. */
  readonly take: (reply: Reply) => boolean
  /** Ends everything at once when it is aborted; what is under way is lost. */
  readonly signal: AbortSignal
}

/**
 * Runs seeds on some threads. Once `take` says no, what is under way is still waited for: all seeds before the
 * last one handed out have then been run, so the lowest of a kind is the lowest whatever the threads' speed.
 * A thread that dies rejects.
 */
export async function runSeeds({
  scenario,
  threads,
  mutant,
  seeds,
  take,
  signal,
}: PoolOptions): Promise<void> {
  const rest = [...seeds]
  let goesOn = true
  const work = async () => {
    const setup: WorkerSetup = { scenario, mutant }
    const worker = new Worker(SCRIPT, { workerData: setup, name: 'prover' })
    try {
      for (let seed = rest.shift(); seed !== undefined && goesOn; seed = rest.shift()) {
        worker.postMessage({ seed } satisfies Task, [])
        const [reply] = (await once(worker, 'message', { signal })) as [Reply]
        if (!take(reply)) goesOn = false
      }
    } finally {
      await worker.terminate()
    }
  }
  await Promise.all(Array.from({ length: Math.min(threads, seeds.length) }, work))
}

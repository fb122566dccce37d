import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Order } from './messages.ts'
import type { Exploration } from './search.ts'

/** The worker's file stands beside this one, before and after compilation. */
const SCRIPT = new URL(import.meta.url.replace(/run-order(\.\w+)$/, 'worker$1'))

/** Explores in a thread of its own, which alone loads the mutant. Rejects when the thread dies or `signal` aborts. */
export async function runOrder(order: Order, signal: AbortSignal): Promise<Exploration> {
  const worker = new Worker(SCRIPT, { workerData: order, name: 'explorer' })
  try {
    const [result] = (await once(worker, 'message', { signal })) as [Exploration]
    return result
  } finally {
    await worker.terminate()
  }
}

import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { SignatureCheck } from '../../protocol/crypto/verifier.ts'
import { packChecks } from './packed-checks.ts'
import type { PackedAnswers } from './verifier-worker.ts'

/** Beside this file, in the sources and in the build alike. */
const SCRIPT = new URL(`./verifier-worker${extname(import.meta.url)}`, import.meta.url)

/** Threads that check signatures for a peer that has many to check at once. */
export interface VerifierThreads {
  /** One answer for each check; rejects when the thread died, after which another takes the next ones. */
  verify(checks: readonly SignatureCheck[]): Promise<readonly boolean[]>
  /** Ends the threads; what they still had to check is rejected. */
  close(): Promise<void>
}

interface Thread {
  readonly worker: Worker
  readonly tasks: PromiseWithResolvers<readonly boolean[]>[]
}

/** Threads begin with the first work for them, and keep no process alive. */
export function createVerifierThreads(size: number): VerifierThreads {
  const threads: Thread[] = []

  function open(): Thread {
    const worker = new Worker(SCRIPT, { name: 'verifier' })
    worker.unref()
    const thread: Thread = { worker, tasks: [] }
    threads.push(thread)
    worker.on('message', (answers: PackedAnswers) =>
      thread.tasks.shift()?.resolve(Array.from(answers, (answer) => answer === 1)),
    )
    // The exit follows and rejects the tasks. Without a listener the error would stop the process.
    worker.on('error', () => undefined)
    worker.on('exit', () => {
      threads.splice(threads.indexOf(thread), 1)
      for (const task of thread.tasks) task.reject(new Error('the verifier thread ended'))
    })
    return thread
  }

  /** The one with the least to do; a further one while there may be more and all are busy. */
  function pick(): Thread {
    const [first, ...others] = threads
    const idlest = others.reduce(
      (best, one) => (best !== undefined && best.tasks.length <= one.tasks.length ? best : one),
      first,
    )
    if (idlest === undefined || (idlest.tasks.length > 0 && threads.length < size)) return open()
    return idlest
  }

  return {
    async verify(checks) {
      const packed = packChecks(checks)
      const thread = pick()
      const task = Promise.withResolvers<readonly boolean[]>()
      thread.tasks.push(task)
      thread.worker.postMessage(packed, [packed.buffer])
      return task.promise
    },
    async close() {
      await Promise.all(threads.map(({ worker }) => worker.terminate()))
    },
  }
}

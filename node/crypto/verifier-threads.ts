import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { SignatureCheck } from '../../protocol/crypto/verifier.ts'
import { packChecks } from './packed-checks.ts'
import type { PackedAnswers } from './verifier-worker.ts'

/** Beside this file, in the sources and in the build alike. */
const SCRIPT = new URL(`./verifier-worker${extname(import.meta.url)}`, import.meta.url)

/** The largest frame is a tenth of a second's work and a few may wait before it: a thread silent for longer hangs. */
const STALL_MS = 10_000

/** Threads that check signatures for a peer that has many to check at once. */
export interface VerifierThreads {
  /** One answer for each check; rejects when the thread died or hung, after which another takes the next ones. */
  verify(checks: readonly SignatureCheck[]): Promise<readonly boolean[]>
  /** Ends the threads; what they still had to check is rejected. */
  close(): Promise<void>
}

interface Thread {
  readonly worker: Worker
  readonly tasks: PromiseWithResolvers<readonly boolean[]>[]
  /** Runs while there are tasks, from the last answer on. */
  watch: NodeJS.Timeout | undefined
}

export interface VerifierThreadsOptions {
  readonly size: number
  readonly script?: URL
  /** A thread that has tasks and answers none for so long is ended. */
  readonly stallMs?: number
}

/** Threads begin with the first work for them, and keep no process alive. */
export function createVerifierThreads({
  size,
  script = SCRIPT,
  stallMs = STALL_MS,
}: VerifierThreadsOptions): VerifierThreads {
  const threads: Thread[] = []

  function open(): Thread {
    const worker = new Worker(script, { name: 'verifier' })
    worker.unref()
    const thread: Thread = { worker, tasks: [], watch: undefined }
    threads.push(thread)
    worker.on('message', (answers: PackedAnswers) => {
      thread.tasks.shift()?.resolve(Array.from(answers, (answer) => answer === 1))
      watch(thread)
    })
    // The exit follows and rejects the tasks. Without a listener the error would stop the process.
    worker.on('error', () => undefined)
    worker.on('exit', () => drop(thread))
    return thread
  }

  /** Of a hung thread nothing is waited for, not even its end: its tasks are free to be done elsewhere. */
  function watch(thread: Thread): void {
    clearTimeout(thread.watch)
    thread.watch = undefined
    if (thread.tasks.length === 0) return
    thread.watch = setTimeout(() => {
      drop(thread)
      void thread.worker.terminate()
    }, stallMs)
    thread.watch.unref()
  }

  function drop(thread: Thread): void {
    const at = threads.indexOf(thread)
    if (at >= 0) threads.splice(at, 1)
    clearTimeout(thread.watch)
    for (const task of thread.tasks.splice(0)) task.reject(new Error('the verifier thread ended'))
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
      thread.worker.postMessage(packed, [packed.buffer])
      thread.tasks.push(task)
      if (thread.watch === undefined) watch(thread)
      return task.promise
    },
    async close() {
      await Promise.all(threads.map(({ worker }) => worker.terminate()))
    },
  }
}

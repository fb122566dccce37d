import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import type { Answer, Comparator, Verdict } from '../../protocol/verification/verdict.ts'
import { ComputeError } from './compute-error.ts'
import { openComputeThread } from './compute-thread.ts'
import type { ComputeThread } from './compute-thread.ts'
import { createSlots } from './slots.ts'

/** A waiting task holds its answers, at most nine of 256 KiB in the usual job: 64 of them stay below 150 MiB. */
const QUEUE_MAX = 64
/** The largest task that the protocol allows takes some 5 s; a thread that needs longer hangs. */
const TASK_TIMEOUT_MS = 60_000
/** Beside this file, in the sources and in the build alike. */
const WORKER_SCRIPT = new URL(`./compute-worker${extname(import.meta.url)}`, import.meta.url)

export interface ComputePoolOptions {
  /** File that the protocol's tables are in: `protocol/verification/tables/lexicon-1.json`. */
  readonly lexiconPath: string
  /** Threads at most. Without it all cores but one, which is left to the main thread. */
  readonly size?: number
  readonly queueMax?: number
  readonly taskTimeoutMs?: number
  /** What the threads run; for tests. */
  readonly script?: URL
}

/** Runs the protocol's expensive pure functions on threads of their own, off the thread that peers wait for. */
export interface ComputePool {
  /**
   * `judgeAnswers` on a thread, tasks in the order of arrival. Rejects with a `ComputeError`; whatever the code,
   * the pool goes on. A thread that died is replaced with the next task that needs one.
   */
  judge(answers: readonly Answer[], comparator: Comparator): Promise<Verdict>
  /** Rejects all tasks with `pool_closed` and waits until every thread has ended. */
  close(): Promise<void>
}

export function createComputePool({
  lexiconPath,
  size = Math.max(1, availableParallelism() - 1),
  queueMax = QUEUE_MAX,
  taskTimeoutMs = TASK_TIMEOUT_MS,
  script = WORKER_SCRIPT,
}: ComputePoolOptions): ComputePool {
  const slots = createSlots(size, queueMax)
  const closing = new AbortController()
  const busy = new Set<ComputeThread>()
  const open = () => openComputeThread({ script, lexiconPath, taskTimeoutMs })
  // One thread reads its tables while the node starts, so that the first verdict doesn't wait for it.
  let idle: readonly ComputeThread[] = [open()]

  const takeThread = (): ComputeThread => {
    const [thread = open(), ...others] = idle.filter(({ alive }) => alive)
    idle = others
    busy.add(thread)
    return thread
  }

  const giveBack = (thread: ComputeThread) => {
    busy.delete(thread)
    if (thread.alive) idle = [thread, ...idle]
  }

  return {
    async judge(answers, comparator) {
      if (closing.signal.aborted) throw new ComputeError('pool_closed')
      if (slots.full) throw new ComputeError('queue_full')
      const release = await slots.acquire(closing.signal)
      if (release === undefined || closing.signal.aborted) throw new ComputeError('pool_closed')
      const thread = takeThread()
      try {
        return await thread.judge({ answers, comparator })
      } finally {
        giveBack(thread)
        release()
      }
    },

    async close() {
      closing.abort()
      await Promise.all([...idle, ...busy].map((thread) => thread.end()))
    },
  }
}

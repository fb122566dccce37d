import { Worker } from 'node:worker_threads'
import type { Verdict } from '../../protocol/verification/verdict.ts'
import { ComputeError } from './compute-error.ts'
import type { ComputeErrorCode } from './compute-error.ts'
import type { JudgeReply, JudgeTask } from './compute-worker.ts'

/** A worker thread with at most one task in hand. */
export interface ComputeThread {
  /** False from the moment that the thread has ended; it takes no task then. */
  readonly alive: boolean
  /** Rejects with a `ComputeError`. After `worker_failed` and `worker_timeout` the thread has ended. */
  judge(task: JudgeTask): Promise<Verdict>
  /** Ends the thread wherever it is, rejects its task with `pool_closed` and waits until it is gone. */
  end(): Promise<void>
}

export interface ComputeThreadOptions {
  readonly script: URL
  readonly lexiconPath: string
  readonly taskTimeoutMs: number
}

export function openComputeThread({
  script,
  lexiconPath,
  taskTimeoutMs,
}: ComputeThreadOptions): ComputeThread {
  const worker = new Worker(script, { argv: [lexiconPath], name: 'compute' })
  const gone = Promise.withResolvers<void>()
  let task: PromiseWithResolvers<JudgeReply> | undefined
  let alive = true
  let endedWith: ComputeErrorCode = 'worker_failed'
  let fault: unknown

  worker.on('message', (reply: JudgeReply) => task?.resolve(reply))
  // The thread's exit follows and settles its task. Without a listener the error would stop the process.
  worker.on('error', (error) => {
    fault = error
  })
  worker.on('exit', () => {
    alive = false
    task?.reject(new ComputeError(endedWith, { cause: fault }))
    gone.resolve()
  })

  const end = async (code: ComputeErrorCode) => {
    endedWith = code
    await worker.terminate()
    await gone.promise
  }

  return {
    get alive() {
      return alive
    },

    async judge(request) {
      task = Promise.withResolvers<JudgeReply>()
      const timer = setTimeout(() => void end('worker_timeout'), taskTimeoutMs)
      try {
        worker.postMessage(request, [])
        const reply = await task.promise
        if (!reply.ok) throw new ComputeError(reply.code)
        return reply.verdict
      } finally {
        clearTimeout(timer)
        task = undefined
      }
    },

    end: () => end('pool_closed'),
  }
}

import type { VerificationFault } from '../../protocol/verification/limits.ts'

/**
 * Why a task has no result. `queue_full`, `pool_closed`: it never ran. `worker_failed`: its thread died of a
 * fault in the code or of a lack of memory. `worker_timeout`: its thread was ended. Any other code is what
 * `judgeAnswers` refuses its arguments with. Never renamed.
 */
export type ComputeErrorCode =
  | 'queue_full'
  | 'pool_closed'
  | 'worker_failed'
  | 'worker_timeout'
  | VerificationFault

/** Rejects a task of the compute pool. Its message never quotes an answer; the cause is the thread's own error. */
export class ComputeError extends Error {
  readonly code: ComputeErrorCode

  constructor(code: ComputeErrorCode, options?: ErrorOptions) {
    super(`compute: ${code}`, options)
    this.name = 'ComputeError'
    this.code = code
  }
}

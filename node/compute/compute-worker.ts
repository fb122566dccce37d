import { readFileSync } from 'node:fs'
import { argv } from 'node:process'
import { parentPort } from 'node:worker_threads'
import { openLexicon } from '../../protocol/verification/lexicon.ts'
import { VerificationError } from '../../protocol/verification/limits.ts'
import type { VerificationFault } from '../../protocol/verification/limits.ts'
import { judgeAnswers } from '../../protocol/verification/verdict.ts'
import type { Answer, Comparator, Verdict } from '../../protocol/verification/verdict.ts'

/** What a compute thread is sent; one at a time, each answered by one reply. */
export interface JudgeTask {
  readonly answers: readonly Answer[]
  readonly comparator: Comparator
}

export type JudgeReply =
  | { readonly ok: true; readonly verdict: Verdict }
  | { readonly ok: false; readonly code: VerificationFault }

// A thread of `compute-pool.ts`, started with the path of the lexicon as its only argument. It catches what a
// caller can do wrong; anything else is a fault in the code and ends the thread, which the pool replaces.
const lexicon = openLexicon(readFileSync(argv[2] ?? ''))

parentPort?.on('message', (task: JudgeTask) => parentPort?.postMessage(replyTo(task), []))

function replyTo({ answers, comparator }: JudgeTask): JudgeReply {
  try {
    return { ok: true, verdict: judgeAnswers(answers, { comparator, lexicon }) }
  } catch (error) {
    if (error instanceof VerificationError) return { ok: false, code: error.code }
    throw error
  }
}

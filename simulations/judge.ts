import { readFileSync } from 'node:fs'
import type { Digest } from '../protocol/ids.ts'
import { openLexicon, rulesOf } from '../protocol/verification/lexicon.ts'
import { type Answer, type Comparator, judgeAnswers, type Verdict } from '../protocol/verification/verdict.ts'

/** The effect `compute` as a function: what a host's worker runs. */
export interface Judge {
  readonly rules: Digest
  judge(answers: readonly Answer[], comparator: Comparator): Verdict
}

/** The shipped comparator with the shipped tables. */
export function openJudge(): Judge {
  const lexicon = openLexicon(
    readFileSync(new URL('../protocol/verification/tables/lexicon-1.json', import.meta.url)),
  )
  return {
    rules: rulesOf(lexicon),
    judge: (answers, comparator) => judgeAnswers(answers, { comparator, lexicon }),
  }
}

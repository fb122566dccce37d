import type { Digest } from '../../protocol/ids.ts'
import { type Followed, judgedAnswers, resultFollows } from '../../protocol/jobs/rechecking.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import { escrowOf } from '../../protocol/jobs/spec.ts'
import type { AgainValue, CloseValue } from '../../protocol/jobs/value.ts'
import type { Bodies, Judge } from './ports.ts'
import { textOf } from './text.ts'

interface RejudgeOptions {
  readonly bodies: Pick<Bodies, 'get'>
  readonly judge: Judge
  /** The rules by which this peer judges. */
  readonly rules: Digest
}

/** Whether the answers lead to a decision's result; null where this peer can't say. */
export type Rejudge = (
  record: JobRecord,
  one: Followed,
  value: CloseValue | AgainValue,
) => Promise<boolean | null>

/**
 * Judges old answers again, one set at a time: whoever asks why, however often, takes one thread of the pool that verdicts of
 * jobs under way wait for.
 */
export function createRejudge({ bodies, judge, rules }: RejudgeOptions): Rejudge {
  let turn: Promise<unknown> = Promise.resolve()

  const rejudge: Rejudge = async (record, one, value) => {
    const { spec, trust } = record
    if (trust === null || spec.rules !== rules) return null
    const answers = judgedAnswers(one, value, trust)
    if (answers.length === 0) return resultFollows(one, value, escrowOf(spec))
    const held = await Promise.all(answers.map(({ answer }) => bodies.get(answer.digest)))
    const texts = answers.flatMap(({ slot, voter, trust: weight }, at) => {
      const body = held[at]
      return body === undefined ? [] : [{ slot, voter, trust: weight, text: textOf(body) }]
    })
    if (texts.length < answers.length) return null
    const verdict = await judge.judge(texts, spec.comparator).catch(() => undefined)
    return verdict === undefined ? null : resultFollows(one, value, escrowOf(spec), verdict)
  }

  return (record, one, value) => {
    const asked = turn.then(() => rejudge(record, one, value))
    turn = asked.catch(() => undefined)
    return asked
  }
}

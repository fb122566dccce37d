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

/** Judgements under way or waiting: some seconds of one thread. */
export const REJUDGED_AT_ONCE = 4
/** Judgements that are remembered, about 200 bytes each: more jobs than anybody reads about in a row. */
const REMEMBERED_MAX = 1_024

/** Whether the answers lead to a decision's result; null where this peer can't say, or has too much of it to do. */
export type Rejudge = (
  record: JobRecord,
  one: Followed,
  value: CloseValue | AgainValue,
) => Promise<boolean | null>

/**
 * Judges old answers again, one set at a time: whoever asks why, however often, takes one thread of the pool that verdicts of
 * jobs under way wait for. Anybody who reaches the API may ask, and one who has gone is still served: so few may wait, and
 * what came out is remembered by the decision's digest, which no other answers have.
 */
export function createRejudge({ bodies, judge, rules }: RejudgeOptions): Rejudge {
  let turn: Promise<unknown> = Promise.resolve()
  const known = new Map<string, boolean>()
  const pending = new Map<string, Promise<boolean | null>>()

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

  const remember = (key: string, holds: boolean): void => {
    known.set(key, holds)
    const [oldest] = known.keys()
    if (known.size > REMEMBERED_MAX && oldest !== undefined) known.delete(oldest)
  }

  const inTurn = async (key: string, judge: () => Promise<boolean | null>): Promise<boolean | null> => {
    const asked = turn.then(judge)
    turn = asked.catch(() => undefined)
    try {
      const holds = await asked
      if (holds !== null) remember(key, holds)
      return holds
    } finally {
      pending.delete(key)
    }
  }

  return async (record, one, value) => {
    const key = `${record.job}/${one.link.digest}`
    const found = known.get(key) ?? pending.get(key)
    if (found !== undefined) return found
    if (pending.size >= REJUDGED_AT_ONCE) return null
    const asked = inTurn(key, () => rejudge(record, one, value))
    pending.set(key, asked)
    return asked
  }
}

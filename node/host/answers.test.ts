import { describe, expect, it } from 'vitest'
import { Answers, COMMANDS_MAX } from './answers.ts'

type Result =
  | { readonly ok: true; readonly n: number }
  | { readonly ok: false; readonly code: string; readonly detail: string }
const REFUSED: Result = { ok: false, code: 'order_superseded', detail: '' }

function open() {
  const answers = new Answers<Result>()
  const given: number[] = []
  return { answers, given, wait: () => answers.wait((id) => given.push(id)) }
}

describe('commands', () => {
  it('are answered each with its own result', async () => {
    const { answers, given, wait } = open()
    const [one, other] = [wait(), wait()]
    given.forEach((id) => answers.respond(id, { ok: true, n: id }))
    expect(await Promise.all([one, other])).toEqual([
      { ok: true, n: given[0] },
      { ok: true, n: given[1] },
    ])
  })

  it('wait in bounded number, and one more when one is answered', async () => {
    const { answers, given, wait } = open()
    for (let count = 0; count < COMMANDS_MAX; count += 1) void wait()
    expect(await wait()).toMatchObject({ ok: false, code: 'queue_full' })
    expect(given).toHaveLength(COMMANDS_MAX)
    answers.respond(1, REFUSED)
    void wait()
    expect(given).toHaveLength(COMMANDS_MAX + 1)
  })

  it('are answered when the peer stops, and refused from then on', async () => {
    const { answers, given, wait } = open()
    const [lost, signed, refused] = [wait(), wait(), wait()]
    answers.decide(2, { ok: true, n: 2 })
    answers.decide(3, REFUSED)
    answers.close()
    expect(await lost).toMatchObject({ code: 'queue_full' })
    expect(await signed).toMatchObject({ code: 'outcome_unknown' })
    expect(await refused).toEqual(REFUSED)
    expect(await wait()).toMatchObject({ code: 'queue_full' })
    expect(given).toEqual([1, 2, 3])
  })
})

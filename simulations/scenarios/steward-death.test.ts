import { describe, expect, it } from 'vitest'
import { createPeer } from '../../protocol/peer/peer.ts'
import { openJudge } from '../judge.ts'
import { type Fate, killSteward, type StewardRole, stewardSteps } from './steward-steps.ts'

const options = { crypto: 'keyed-hash', judge: openJudge(), createMind: createPeer } as const

/** What a steward writes or says in the course of a job, one after the other: each has its points below. */
const COURSE: Readonly<Record<StewardRole, readonly string[]>> = {
  member: ['certify', 'bid', 'stage', 'propose', 'prepared', 'decision', 'held'],
  witness: ['certify', 'bid', 'stage', 'propose', 'prepared', 'decision', 'held', 'seal'],
}
/** Its first and its last word about the job. */
const [OPENED, CLOSED] = [/^before-write .*\bown\b/, /^after-write .*\bclosed\b/]

const CASES = (['member', 'witness'] as const).flatMap((role) =>
  (['comes back', 'is gone until it is over'] as const).map((fate) => [role, fate] as const),
)

// Hundreds of whole swarms on a busy machine; nothing here measures time.
describe.each(CASES)(
  'a job whose steward, a %s, %s',
  { timeout: 300_000 },
  (role: StewardRole, fate: Fate) => {
    const { steps, report } = stewardSteps(options, role)
    const named = (what: RegExp) => steps.some((step) => what.test(step.what))

    it('is completed where nobody dies, and is written and spoken of in every step', () => {
      expect([report.ends.completed, report.violations]).toEqual([1, []])
      expect(COURSE[role].filter((kind) => !named(new RegExp(`^after-send ${kind}$`)))).toEqual([])
      expect([named(OPENED), named(CLOSED)]).toEqual([true, true])
    })

    it('ends once, and is charged once, and the others see that, wherever the power fails', () => {
      const outcomes = steps.map(({ at, what }) => ({ at, what, ...killSteward(options, role, fate, at) }))
      // One terminal decision, one charge, no job left open at anybody: the checkers of every run (`checkers/panel`).
      const wrong = outcomes.filter(({ violations }) => violations.length > 0)
      expect(wrong.map(({ at, what, violations }) => ({ at, what, violations }))).toEqual([])
      const unended = outcomes.filter(({ jobs, ends }) => ends.completed + ends.unresolved + ends.void < jobs)
      expect(unended.map(({ at, what }) => ({ at, what }))).toEqual([])
      expect(outcomes.every(({ crashes }) => crashes === 1)).toBe(true)
      // With others at work nearly every death leaves an answer; a prompt that nobody else had is refunded.
      expect(outcomes.some(({ ends }) => ends.completed === 1)).toBe(true)
      expect(outcomes.some(({ ends }) => ends.completed === 0)).toBe(true)
    })
  },
)

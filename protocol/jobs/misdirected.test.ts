import { describe, expect, it } from 'vitest'
import { hash } from '../crypto/digest.ts'
import { blobRefOf, type JobId } from '../ids.ts'
import { SEAL } from './messages.ts'
import { Course, STEP } from './testing-course.ts'
import { TestJobs } from './testing-jobs.ts'

/*
 * What a member says that is signed as it should be, and is about nothing, or nothing of its own. That no other signature
 * is ever believed is shown for every kind in `intake/`; what is said once more, in `simulations/replayed-frames.test`.
 */

/** A witness besides the one that all is told. */
const OTHER = 2
const NOWHERE = 'f'.repeat(64) as JobId
const ZERO = hash('nothing', new Uint8Array(0))
const LIE = blobRefOf(Uint8Array.of(9))

type Saying = (course: Course) => void
type Row = readonly [what: string, say: Saying]

/** Nothing that is said of it changes what the witness knows; what is true does. */
function expectIgnored(course: Course, say: Saying, truth: Saying): void {
  const before = course.state()
  say(course)
  expect(course.state()).toEqual(before)
  truth(course)
  expect(course.state()).not.toEqual(before)
}

describe('of a job that nobody is elected for yet, a witness takes no', () => {
  const course = () => new Course(['propose', 'bid'])

  it.each<Row>([
    ['bid for a job that there is not', (one) => one.bid(5, 100n, NOWHERE)],
    ['bid above the highest price', (one) => one.bid(5, one.record.spec.maxPrice + 1n)],
    ['cancel by anybody else', (one) => one.cancel(5, 5)],
    ['cancel of another job', (one) => one.cancel(TestJobs.payer, TestJobs.payer, NOWHERE)],
    [
      'lease, commit, seal or reveal',
      (one) => {
        one.lease(5)
        one.commit(5)
        one.seal(OTHER)
        one.reveal(5, [one.signed(OTHER, SEAL, { job: one.job, step: STEP, commits: [], started: [] })])
      },
    ],
  ])('%s', (_what, say) => {
    expectIgnored(course(), say, (one) => one.bid(5, 100n))
  })

  it('second bid of one peer, however low', () => {
    const one = course()
    one.bid(5, 100n)
    expectIgnored(
      one,
      () => one.bid(5, 1n),
      () => one.bid(6, 100n),
    )
  })
})

describe('of a job that runs, a witness takes no', () => {
  it.each<Row>([
    ['bid any more', (one) => one.bid(0, 1n)],
    ['lease of somebody who was not elected', (one) => one.lease(0)],
    ['lease for a slot of somebody else', (one) => one.lease(one.holder(1))],
    ['lease of a standby as the one elected', (one) => one.lease(one.standby)],
    ['lease of another attempt', (one) => one.lease(one.holder(0), { step: 1 })],
    ['lease for another job', (one) => one.lease(one.holder(0), { job: NOWHERE })],
    ['cancel by a runner', (one) => one.cancel(one.holder(0), one.holder(0))],
    [
      'acknowledgement of what it never said',
      (one) => one.tell(OTHER, 'held', { job: one.job, step: STEP, slot: 0, commitment: ZERO }),
    ],
  ])('%s', (_what, say) => {
    expectIgnored(new Course(), say, (one) => one.lease(one.holder(0)))
  })

  it.each<Row>([
    ['commit of somebody who was not elected', (one) => one.commit(0)],
    ['commit to a slot of somebody else', (one) => one.commit(one.holder(0), { slot: 1 })],
    ['commit of a standby as the one elected', (one) => one.commit(one.standby)],
    ['commit as another rank', (one) => one.commit(one.holder(0), { rank: 1 })],
    ['commit of another attempt', (one) => one.commit(one.holder(0), { step: 1 })],
    ['commit to another job', (one) => one.commit(one.holder(0), { job: NOWHERE })],
    ['seal of a member that is no witness', (one) => one.seal(5)],
    ['seal of another attempt', (one) => one.seal(OTHER, { step: 1 })],
    ['seal of another job', (one) => one.seal(OTHER, { job: NOWHERE })],
    ['reveal before there are seals', (one) => one.reveal(one.holder(0), [])],
  ])('%s', (_what, say) => {
    expectIgnored(new Course(), say, (one) => one.commit(one.holder(0)))
  })

  it('second commit of one runner', () => {
    const one = new Course()
    one.commit(one.holder(0))
    expectIgnored(
      one,
      () => one.commit(one.holder(0), {}, LIE),
      () => one.seal(OTHER),
    )
  })
})

describe('of a job that is sealed, a witness takes no', () => {
  const course = () => new Course().answered(['reveal'])

  it.each<Row>([
    ['commit any more', (one) => one.commit(one.standby, { rank: 1 })],
    [
      'second seal of a witness',
      (one) => one.seal(OTHER, { started: [{ slot: 0, peer: one.jobs.id(OTHER) }] }),
    ],
    [
      'reveal of another answer than was committed to',
      (one) => one.reveal(one.holder(0), one.seals(), { answer: LIE }),
    ],
    [
      'reveal by another salt',
      (one) => one.reveal(one.holder(0), one.seals(), { salt: new Uint8Array(32).fill(1) }),
    ],
    ['reveal for another slot', (one) => one.reveal(one.holder(0), one.seals(), { slot: 1 })],
    ['reveal of another attempt', (one) => one.reveal(one.holder(0), one.seals(), { step: 1 })],
    ['reveal for another job', (one) => one.reveal(one.holder(0), one.seals(), { job: NOWHERE })],
    ['reveal of who has committed to nothing', (one) => one.reveal(one.standby, one.seals())],
    ['reveal on fewer seals than a quorum', (one) => one.reveal(one.holder(0), one.seals().slice(0, 2))],
    [
      'reveal that names other seals than it shows',
      (one) => {
        const seals = one.seals()
        const named = seals.map(({ signer: witness }) => ({ witness, seal: ZERO }))
        one.reveal(one.holder(0), seals, { seals: named })
      },
    ],
    [
      'reveal on seals that lack its commit',
      (one) => {
        const empty = [0, OTHER, 3].map((at) =>
          one.signed(at, SEAL, { job: one.job, step: STEP, commits: [], started: [] }),
        )
        one.reveal(one.holder(0), empty)
      },
    ],
  ])('%s', (_what, say) => {
    const one = course()
    const seals = one.seals()
    expect(seals.length).toBeGreaterThanOrEqual(3)
    one.seals = () => seals
    expectIgnored(one, say, () => one.reveal(one.holder(0), seals))
  })
})

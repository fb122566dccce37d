import { describe, expect, it } from 'vitest'
import { hash } from '../crypto/digest.ts'
import { createNobleSigner } from '../crypto/noble-signer.ts'
import { type Signed, sign } from '../encoding/signed.ts'
import type { PeerId } from '../ids.ts'
import { jobIdOf } from '../ledger/entry.ts'
import { fourWitnesses } from '../swarm/testing-swarm.ts'
import { countedCommits, fittingSeals } from './counting.ts'
import type { JobContext } from './context.ts'
import { COMMIT, type Commit, commitmentOf, SEAL, type Seal } from './messages.ts'
import type { Attempt, OpenJob } from './open-job.ts'

const { signers: SIGNERS, ids: IDS, roster: ROSTER } = fourWitnesses()
const JOB = jobIdOf(IDS[0] as PeerId, 0)
const OTHER_JOB = jobIdOf(IDS[0] as PeerId, 1)
// Only the roster is read by what is tested here.
const CONTEXT = { roster: ROSTER } as JobContext
const OPEN = { job: JOB } as OpenJob
const ATTEMPT = {
  step: 0,
  standbys: [],
  slots: IDS.slice(0, 3).map((peer, slot) => ({ slot, peer, price: 1n, payout: peer })),
} as unknown as Attempt

function commit(who: number, text: string, about: Partial<Commit> = {}): Signed<Commit> {
  const signer = SIGNERS[who]
  if (signer === undefined) throw new RangeError('four signers')
  const answer = { digest: hash('answer', new TextEncoder().encode(text)), size: text.length }
  const commitment = commitmentOf({
    job: JOB,
    step: 0,
    slot: who,
    peer: signer.id,
    salt: new Uint8Array(32),
    answer,
  })
  return sign(signer, ROSTER.swarm, COMMIT, { job: JOB, step: 0, slot: who, rank: 0, commitment, ...about })
}

function seal(who: number, commits: readonly Signed<Commit>[], about: Partial<Seal> = {}): Signed<Seal> {
  const signer = SIGNERS[who]
  if (signer === undefined) throw new RangeError('four signers')
  return sign(signer, ROSTER.swarm, SEAL, { job: JOB, step: 0, commits, started: [], ...about })
}

function countedSlots(seals: readonly Signed<Seal>[], attempt = ATTEMPT): readonly number[] {
  return [...countedCommits(CONTEXT, OPEN, attempt, seals).values()]
    .map(({ body }) => body.slot)
    .toSorted((a, b) => a - b)
}

describe('counted commits', () => {
  const honest = [commit(0, 'a'), commit(1, 'a'), commit(2, 'a')]

  it('count from t seals on: two of four witnesses', () => {
    expect(countedSlots([seal(0, honest), seal(1, honest), seal(2, [])])).toEqual([0, 1, 2])
    expect(countedSlots([seal(0, honest), seal(1, []), seal(2, [])])).toEqual([])
  })

  it('do not count twice within one seal: a lone liar lets no copier in', () => {
    const copied = commit(2, 'copied')
    expect(
      countedSlots([seal(0, honest.slice(0, 2)), seal(1, honest.slice(0, 2)), seal(3, [copied, copied])]),
    ).toEqual([0, 1])
  })

  it.each([
    ['of another job', { job: OTHER_JOB }],
    ['of another attempt', { step: 1 }],
    ["for somebody else's slot", { slot: 1 }],
    ['of a higher rank', { rank: 1 }],
  ] as const)('are not disturbed by a commit %s that a liar puts into its seal', (_, about) => {
    const foreign = commit(0, 'other', about)
    expect(countedSlots([seal(0, honest), seal(1, honest), seal(3, [foreign, ...honest.slice(1)])])).toEqual([
      0, 1, 2,
    ])
  })

  it('are one for each runner, so a slot may have several: its standby’s besides', () => {
    const [, , third, fourth] = IDS as [PeerId, PeerId, PeerId, PeerId]
    const stoodBy = { ...ATTEMPT, slots: ATTEMPT.slots.slice(0, 2), standbys: [third, fourth] } as Attempt
    const taken = (who: number, rank: number, slot = 0) => commit(who, 'a', { slot, rank })
    const all = [...honest.slice(0, 2), taken(2, 1), taken(3, 2)]
    expect(countedSlots([seal(0, all), seal(1, all)], stoodBy)).toEqual([0, 0, 0, 1])
    // The fourth is the first standby of the second slot, and the second one of the first.
    for (const wrong of [taken(3, 1), taken(2, 2), taken(2, 0), taken(3, 2, 1)])
      expect(countedSlots([seal(0, [wrong]), seal(1, [wrong])], stoodBy)).toEqual([])
    // Of a peer that took over two slots neither counts.
    const twice = [seal(0, [taken(3, 2)]), seal(1, [taken(3, 1, 1)]), seal(2, [taken(3, 2)])]
    expect(countedSlots(twice, stoodBy)).toEqual([])
  })

  it('exclude a peer that signed two for its slot', () => {
    expect(countedSlots([seal(0, honest), seal(1, honest), seal(2, [commit(0, 'b')])])).toEqual([1, 2])
  })
})

describe('fitting seals', () => {
  it('are by witnesses, of this job and attempt, one each', () => {
    const good = seal(0, [])
    const stranger = { ...good, signer: createNobleSigner(new Uint8Array(32).fill(9)).id }
    const seals = [good, good, stranger, seal(1, [], { job: OTHER_JOB }), seal(2, [], { step: 1 })]
    expect(fittingSeals(CONTEXT, OPEN, ATTEMPT, seals)).toEqual([good])
  })
})

import { describe, expect, it } from 'vitest'
import { encodeBody } from '../encoding/body.ts'
import { hash } from '../crypto/digest.ts'
import { sign } from '../encoding/signed.ts'
import { jobIdOf } from '../ledger/entry.ts'
import { testCharter, testSigner, testSpec } from '../ledger/testing-mind.ts'
import type { PeerId } from '../ids.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import type { Roster } from '../swarm/roster.ts'
import { type BodyRole, mayRead, mayReadClosed, type ReadableBody } from './access.ts'
import { SEAL } from './messages.ts'
import { pendingRecord } from './offering.ts'
import { openBody } from './open-body.ts'
import { type Attempt, type OpenJob, openJobOf } from './open-job.ts'
import { jobRecordCodec } from './record.ts'

const SIGNERS = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(testSigner)
const [W0, W1, W2, , payer, steward, slot, standby, member] = SIGNERS.map(({ id }) => id)
const CHARTER = testCharter(SIGNERS, 4)
const ROSTER = rosterOf(CHARTER)
const STRANGER = testSigner(20).id

const id = (peer: PeerId | undefined): PeerId => peer ?? STRANGER
const JOB = jobIdOf(id(payer), 0)
const READERS = {
  payer: id(payer),
  steward: id(steward),
  slot: id(slot),
  standby: id(standby),
  staged: testSigner(21).id,
  witness: id(W1),
  member: id(member),
  stranger: STRANGER,
} as const
type Reader = keyof typeof READERS
const NAMES = Object.keys(READERS) as Reader[]

function record(visibility: 'private' | 'public' = 'private') {
  const spec = { ...testSpec(CHARTER, id(steward)), visibility }
  const one = pendingRecord(JOB, id(payer), spec, 0)
  const slots = [{ slot: 0, step: 0, peer: id(slot), rank: 0, state: 'assigned' as const, tokens: 0 }]
  return { ...one, entry: JOB, slots, standbys: [id(standby)] }
}

const body = (what: BodyRole, over: Partial<ReadableBody> = {}): ReadableBody => ({
  what,
  job: record(),
  isCertified: true,
  isOver: false,
  elected: [READERS.staged],
  isRevealed: true,
  ...over,
})

const PARTIES: readonly Reader[] = ['payer', 'steward', 'slot', 'standby', 'staged']
const MEMBERS: readonly Reader[] = ['payer', 'steward', 'slot', 'standby', 'witness', 'member']
const JUDGES: readonly Reader[] = ['payer', 'steward', 'witness']
const open = { job: record('public') }

describe('who may read', () => {
  it.each<[string, ReadableBody, readonly Reader[]]>([
    ['the prompt of a job', body('prompt'), PARTIES],
    ['the prompt of one that is over', body('prompt', { isOver: true }), PARTIES],
    ['the prompt of one that is only on offer', body('prompt', { isCertified: false }), []],
    ['a public prompt', body('prompt', open), [...MEMBERS, 'staged']],
    ['a public prompt that is only on offer', body('prompt', { ...open, isCertified: false }), []],
    ['an answer', body('answer'), JUDGES],
    ['an answer of a job that is over', body('answer', { isOver: true }), JUDGES],
    ['an answer that nobody revealed', body('answer', { isRevealed: false }), []],
    ['a public answer before the end', body('answer', open), JUDGES],
    ['a public answer after the end', body('answer', { ...open, isOver: true }), [...MEMBERS, 'staged']],
    ['a public answer that nobody revealed', body('answer', { ...open, isRevealed: false }), []],
  ])('%s', (_, what, allowed) => {
    const found = NAMES.filter((name) => mayRead(what, READERS[name], ROSTER))
    expect(found.toSorted()).toEqual(allowed.toSorted())
  })

  it.each(NAMES)('nothing as %s once it is revoked', (name) => {
    const roster: Roster = { ...ROSTER, isRevoked: (key) => key === READERS[name] }
    for (const what of [body('prompt', { ...open, isOver: true }), body('answer', { ...open, isOver: true })])
      expect(mayRead(what, READERS[name], roster)).toBe(false)
  })

  it('of a closed job what its record says', () => {
    const closed = (visibility: 'private' | 'public') => encodeBody(jobRecordCodec, record(visibility))
    const readers = (bytes: Uint8Array, what: BodyRole) =>
      NAMES.filter((name) => mayReadClosed(bytes, what, READERS[name], ROSTER)).toSorted()
    const elected = PARTIES.filter((name) => name !== 'staged')
    expect(readers(closed('private'), 'prompt')).toEqual(elected.toSorted())
    expect(readers(closed('private'), 'answer')).toEqual(JUDGES.toSorted())
    expect(readers(closed('public'), 'answer')).toEqual(MEMBERS.toSorted())
    const uncertified = encodeBody(jobRecordCodec, { ...record('public'), entry: null })
    expect(readers(uncertified, 'prompt')).toEqual([])
  })
})

describe('an answer of a job that goes on', () => {
  const answer = hash('answer', new Uint8Array(0))

  /** Sealed by so many, each by a witness. */
  function sealed(count: number): OpenJob {
    const seals = SIGNERS.slice(0, count).map((signer) =>
      sign(signer, ROSTER.swarm, SEAL, { job: JOB, step: 0, commits: [], started: [] }),
    )
    const held = new Map(seals.map((one) => [one.signer, one]))
    const attempt = { step: 0, epoch: 0, slots: [], standbys: [], seals: held }
    // All that is asked of an attempt here.
    return { ...openJobOf(record()), escrow: 1n, attempt: attempt as unknown as Attempt }
  }
  const revealed = (one: OpenJob) => openBody(ROSTER, one, 'answer', answer).isRevealed

  it('is revealed with a quorum of seals and not before, so a guess of its digest is never confirmed', () => {
    expect([0, 2, 3].map((count) => revealed(sealed(count)))).toEqual([false, false, true])
    expect(revealed({ ...openJobOf(record()), escrow: 1n })).toBe(false)
  })

  it('counts no seals but those of witnesses', () => {
    const one = sealed(2)
    const [seal] = one.attempt?.seals.values() ?? []
    if (seal !== undefined) one.attempt?.seals.set(id(member), { ...seal, signer: id(member) })
    expect(revealed(one)).toBe(false)
  })

  it('of an earlier attempt is in the decision that began this one', () => {
    // A replica as far as it matters.
    const replica = { answer: { digest: answer, size: 0 } } as unknown as OpenJob['earlier'][number]
    expect(revealed({ ...sealed(0), earlier: [replica] })).toBe(true)
  })

  it('is served to those whom the steward has asked to hold the prompt only as a prompt', () => {
    const one = { ...sealed(3), staged: { peers: [READERS.staged], atMs: 0 } }
    const may = (what: BodyRole) => mayRead(openBody(ROSTER, one, what, answer), READERS.staged, ROSTER)
    expect([may('prompt'), may('answer')]).toEqual([true, false])
  })
})

it('knows the peers of its table', () => {
  expect(new Set([W0, W1, W2, ...Object.values(READERS)]).size).toBe(10)
})

import { describe, expect, it } from 'vitest'
import { plainFrame, signedFrame } from '../encoding/envelope.ts'
import { type KindName, KINDS } from '../encoding/kinds.ts'
import { sign } from '../encoding/signed.ts'
import type { Digest, PeerId } from '../ids.ts'
import { ENTRY, entryIdOf, VOTE } from '../ledger/entry.ts'
import { RESOLVE } from '../ledger/resolution.ts'
import { testCharter, testSigner } from '../ledger/testing-mind.ts'
import { FORWARDED_QUOTA, INTAKE_QUOTAS, LIMITS, WASTE_QUOTA, WASTE_UNIT_BYTES } from '../params.ts'
import { COMMIT, SEAL } from '../jobs/messages.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import type { Roster } from '../swarm/roster.ts'
import { inspect } from './inspect.ts'
import { allowanceOf, createIntakeQuota } from './quota.ts'
import { frameOf, type Sample, sampleOf } from './sample-messages.ts'
import { partsFor, ROSTER } from './sample-values.ts'
import { UNLIMITED } from './testing-intake.ts'

const members = [0, 1, 2, 3, 4].map(testSigner)
const [sender = testSigner(0), other = testSigner(1)] = members
const stranger = testSigner(99)
const roster = rosterOf(testCharter(members, 4))
const zero = '0'.repeat(64) as Digest

const entryOf = (signer = sender) =>
  sign(signer, roster.swarm, ENTRY, {
    account: signer.id,
    seq: 0,
    prev: zero,
    claims: [{ source: zero, index: 0 }],
    ops: [],
    free: 1n,
  })

const certifyFrame = (owner: typeof sender, from = sender) =>
  plainFrame(roster.swarm, from.id, 'certify', { epoch: 0, entry: entryOf(owner), evidence: [] })

/** An intake at a time of the test's choosing. */
function intake() {
  const clock = { now: 0 }
  const checks = { roster, quota: createIntakeQuota(() => clock.now, roster.epoch.sizes.quorum) }
  const outcome = (frame: Uint8Array, via: 'certify' | 'sync' | 'jobs', from = sender) => {
    const inspected = inspect(frame, { from: from.id, via }, checks)
    return inspected.ok ? inspected.candidate.checks.map(({ signer }) => signer) : inspected.code
  }
  return { clock, outcome }
}

describe('membership', () => {
  it('is not asked of the owner of a nested entry, whose signature is checked like any other', () => {
    const { outcome } = intake()
    expect(outcome(certifyFrame(stranger), 'certify')).toEqual([stranger.id])
  })

  it('is asked of whoever brings it, and of whoever gossips an entry', () => {
    const { outcome } = intake()
    expect(outcome(certifyFrame(sender, stranger), 'certify', stranger)).toBe('not_a_member')
    expect(outcome(certifyFrame(sender, stranger), 'certify')).toBe('not_a_member')
    expect(outcome(signedFrame(roster.swarm, 'entry', entryOf(stranger)), 'jobs')).toBe('not_a_member')
  })

  it('is not asked of current witnesses and of whom an invitation names: a newcomer knows nobody’s join', () => {
    const frame = plainFrame(roster.swarm, stranger.id, 'sync-root', { root: zero, epoch: 0 })
    const quota = createIntakeQuota(() => 0, roster.epoch.sizes.quorum)
    const codeFor = (checks: Partial<Parameters<typeof inspect>[2]>) => {
      const inspected = inspect(frame, { from: stranger.id, via: 'sync' }, { roster, quota, ...checks })
      return inspected.ok ? 'read' : inspected.code
    }
    const contacts = new Set([stranger.id])
    expect(codeFor({})).toBe('not_a_member')
    expect(codeFor({ contacts })).toBe('read')
    expect(codeFor({ contacts, roster: { ...roster, isRevoked: () => true } })).toBe('not_a_member')
    expect(codeFor({ roster: { ...roster, isWitness: (peer) => peer === stranger.id } })).toBe('read')
  })

  it('is not asked of whoever speaks in what a decided epoch hands over', () => {
    const { values, ballotOf, preparedOf } = partsFor(ROSTER.swarm)
    const [instance, value] = values.assign
    const listed = { locks: [], prepared: [{ certificate: preparedOf(ballotOf(instance, value)), value }] }
    const report = { number: 1, root: zero, part: 0, parts: 1, listed }
    const codeOf = (sample: Sample) => {
      // Nobody's join is known but that of whoever says it.
      const member = (peer: PeerId) => (peer === sample.signer.id ? ROSTER.member(peer) : undefined)
      const checks = { roster: { ...ROSTER, member, isWitness: () => false }, quota: UNLIMITED }
      const { via } = KINDS[sample.kind]
      const inspected = inspect(frameOf(sample), { from: sample.signer.id, via }, checks)
      return inspected.ok ? 'read' : inspected.code
    }
    expect(codeOf(sampleOf(ROSTER.swarm, 'handover', listed))).toBe('read')
    expect(codeOf(sampleOf(ROSTER.swarm, 'epoch-report', report))).toBe('not_a_member')
  })

  it('that was revoked speaks for nothing new, and what is held of it can still be read', () => {
    const gone = testSigner(50)
    const after: Roster = { ...roster, epoch: roster.epoch, isRevoked: (key) => key === gone.id }
    const checks = { roster: after, quota: createIntakeQuota(() => 0, roster.epoch.sizes.quorum) }
    const commit = sign(gone, roster.swarm, COMMIT, {
      job: zero,
      step: 0,
      slot: 0,
      rank: 0,
      commitment: zero,
    })
    const sealed = sign(sender, roster.swarm, SEAL, { job: zero, step: 0, commits: [commit], started: [] })
    const codeOf = (frame: Uint8Array, from: typeof sender) => {
      const inspected = inspect(frame, { from: from.id, via: 'job' }, checks)
      return inspected.ok ? 'read' : inspected.code
    }
    expect(codeOf(signedFrame(roster.swarm, 'seal', sealed), sender)).toBe('read')
    expect(codeOf(signedFrame(roster.swarm, 'job-commit', commit), sender)).toBe('not_a_member')
    expect(codeOf(signedFrame(roster.swarm, 'job-commit', commit), gone)).toBe('not_a_member')
  })

  it('is asked of every other signer', () => {
    const { outcome } = intake()
    const vote = sign(stranger, roster.swarm, VOTE, { epoch: 0, account: sender.id, seq: 0, entry: zero })
    expect(outcome(signedFrame(roster.swarm, 'vote', vote), 'certify')).toBe('not_a_member')
  })
})

describe('quota', () => {
  const { burst, perSecond } = INTAKE_QUOTAS.certify
  const frame = certifyFrame(sender)
  // The frame and its owner's signature.
  const cost = 2

  it('lets a sender have its whole burst checked, and not one frame more', () => {
    const { outcome } = intake()
    for (let count = 0; count < burst / cost; count += 1)
      expect(outcome(frame, 'certify')).toEqual([sender.id])
    expect(outcome(frame, 'certify')).toBe('over_quota')
  })

  it('is counted for each sender and each kind, and refilled by time alone', () => {
    const { clock, outcome } = intake()
    for (let count = 0; count <= burst / cost; count += 1) outcome(frame, 'certify')
    expect(outcome(frame, 'certify')).toBe('over_quota')
    expect(outcome(certifyFrame(sender, other), 'certify', other)).toEqual([sender.id])
    expect(
      outcome(plainFrame(roster.swarm, sender.id, 'sync-root', { root: zero, epoch: 0 }), 'sync'),
    ).toEqual([])
    clock.now += 1_000
    const refilled = Array.from({ length: perSecond / cost + 1 }, () => outcome(frame, 'certify'))
    expect(refilled.filter((result) => result !== 'over_quota')).toHaveLength(perSecond / cost)
    expect(refilled.at(-1)).toBe('over_quota')
  })

  it('of no kind is below what one frame within the limits may cost', () => {
    for (const kind of Object.keys(KINDS) as KindName[]) {
      expect(allowanceOf(kind, 3).burst).toBeGreaterThan(LIMITS.signatureChecks)
    }
  })
})

describe('a gossiped frame', () => {
  const frameOf = (signer: typeof sender) => signedFrame(roster.swarm, 'entry', entryOf(signer))

  it('of a signer that floods takes only its share of the forwarder', () => {
    const { clock, outcome } = intake()
    const [flooding, honest] = [frameOf(members[2] ?? sender), frameOf(members[3] ?? sender)]
    const results = Array.from({ length: INTAKE_QUOTAS.usual.burst }, () => outcome(flooding, 'jobs'))
    const passed = results.filter((result) => result !== 'over_quota')
    expect(passed).toHaveLength(FORWARDED_QUOTA.burst / 2)
    // What others say, what the forwarder says itself, and the same signer by another way are as welcome as before.
    expect(outcome(honest, 'jobs')).toEqual([members[3]?.id])
    expect(outcome(frameOf(sender), 'jobs')).toEqual([sender.id])
    expect(outcome(flooding, 'jobs', other)).toEqual([members[2]?.id])
    clock.now += 1_000
    expect(outcome(flooding, 'jobs')).toEqual([members[2]?.id])
  })

  it('of its own signer is bounded by the connection alone', () => {
    const { outcome } = intake()
    const frame = frameOf(sender)
    for (let count = 0; count < INTAKE_QUOTAS.usual.burst / 2; count += 1)
      expect(outcome(frame, 'jobs')).toEqual([sender.id])
    expect(outcome(frame, 'jobs')).toBe('over_quota')
  })
})

describe('frames that cannot be read', () => {
  const garbage = (bytes: number) => new Uint8Array(bytes).fill(0xff)

  it('cost their sender by size: after a large one nothing of it is decoded for a while', () => {
    const { clock, outcome } = intake()
    expect(outcome(garbage(LIMITS.frameBytes), 'certify')).toBe('malformed')
    expect(outcome(certifyFrame(sender), 'certify')).toBe('over_quota')
    // Others don't pay for it.
    expect(outcome(certifyFrame(other, other), 'certify', other)).toEqual([other.id])
    clock.now += 1_000 * Math.ceil(LIMITS.frameBytes / WASTE_UNIT_BYTES / WASTE_QUOTA.perSecond)
    expect(outcome(certifyFrame(sender), 'certify')).toEqual([sender.id])
  })

  it('are let pass as long as they are few and small', () => {
    const { outcome } = intake()
    for (let count = 0; count < WASTE_QUOTA.burst; count += 1) {
      expect(outcome(garbage(10), 'certify')).toBe('malformed')
    }
    expect(outcome(garbage(10), 'certify')).toBe('over_quota')
  })
})

it('has each signature of a frame checked once, however often it stands there', () => {
  const { outcome } = intake()
  const entry = entryOf()
  const body = { epoch: 0, entry, evidence: [] }
  const reply = { entry: entryIdOf(entry), outcome: { type: 'conflict' as const, entry } }
  expect(outcome(plainFrame(roster.swarm, sender.id, 'certify', body), 'certify')).toEqual([sender.id])
  expect(outcome(plainFrame(roster.swarm, sender.id, 'certify-reply', reply), 'certify')).toEqual([sender.id])
  const proof = { first: entry, second: entry }
  const request = sign(sender, roster.swarm, RESOLVE, { account: sender.id, number: 0 })
  const resolve = plainFrame(roster.swarm, sender.id, 'resolve', { request, proof })
  expect(outcome(resolve, 'certify')).toEqual([sender.id, sender.id])
})

import { describe, expect, it } from 'vitest'
import { jobIdOf } from '../ledger/entry.ts'
import { testCharter, testSigner, testSpec } from '../ledger/testing-mind.ts'
import type { Digest, PeerId } from '../ids.ts'
import { LIMITS, RETENTION } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { HOT_PREFIXES, keys, PREFIXES } from '../records/keys.ts'
import { heldUntil, readHolding, writeHolding } from './holdings.ts'
import { JobBook } from './job-book.ts'
import { pendingRecord } from './offering.ts'

const [SELF, OTHER] = [testSigner(0).id, testSigner(1).id]
const CHARTER = testCharter([testSigner(0), testSigner(1)], 2)
const SPEC = testSpec(CHARTER, SELF)
const BODY = { digest: 'ab'.repeat(32) as Digest, size: 3 }
const JOB = jobIdOf(OTHER, 0)

function recorder() {
  const disk = new Map<string, Uint8Array>()
  const out = {
    now: 0,
    write: (key: string, value: Uint8Array | null) =>
      void (value === null ? disk.delete(key) : disk.set(key, value)),
    notify: () => undefined,
  }
  // All that a book uses of it.
  return { disk, out: out as unknown as Outbox }
}

describe('that a body is held for a job', () => {
  it('is read as it was written, by whoever asks for the body', () => {
    const { disk, out } = recorder()
    writeHolding(out, BODY, { job: JOB, what: 'answer', own: true })
    const [[key, value] = ['', new Uint8Array(0)]] = disk
    expect(key.startsWith(`${PREFIXES.body}${BODY.digest}/`)).toBe(true)
    expect(readHolding({ key, value })).toEqual({ digest: BODY.digest, job: JOB, what: 'answer', own: true })
    expect(HOT_PREFIXES).not.toContain(PREFIXES.body)
  })

  it('isn’t read from a key of another shape', () => {
    for (const key of [`body/${BODY.digest}`, `body/x/${JOB}`, `body/${BODY.digest}/y`])
      expect(readHolding({ key, value: new Uint8Array(0) })).toBeUndefined()
  })
})

describe('the prompt of a job that is taken up', () => {
  const held = (account: PeerId) => {
    const { disk, out } = recorder()
    const record = pendingRecord(jobIdOf(account, 0), account, SPEC, 0)
    new JobBook(SELF).add(out, record)
    return disk.has(keys.body(SPEC.prompt.digest, record.job))
  }

  it('is held by the peer whose account opens it', () => expect(held(SELF)).toBe(true))

  it('is not held by one that somebody else names as its steward', () => {
    expect(SPEC.steward).toBe(SELF)
    expect(held(OTHER)).toBe(false)
  })

  it('is held no more once the job is dropped', () => {
    const { disk, out } = recorder()
    const book = new JobBook(SELF)
    const recordAt = (nonce: number) => pendingRecord(jobIdOf(SELF, nonce), SELF, { ...SPEC, nonce }, 0)
    for (let nonce = 0; nonce <= LIMITS.openJobs; nonce += 1) book.add(out, recordAt(nonce))
    const isHeld = (nonce: number) => disk.has(keys.body(SPEC.prompt.digest, recordAt(nonce).job))
    expect([0, 1, LIMITS.openJobs].map(isHeld)).toEqual([false, true, true])
  })
})

describe('a body is held', () => {
  it.each([
    ['while its job is open', false, 'open', undefined],
    ['for good by its owner', true, { closedMs: 5 }, undefined],
    ['for good by its owner, though its job is not known', true, 'unknown', undefined],
    ['for a day after the close', false, { closedMs: 5 }, 5 + RETENTION.bodiesMs],
    ['for a day after its last use, for a job that is not known', false, 'unknown', 7 + RETENTION.bodiesMs],
  ] as const)('%s', (_, own, state, until) => {
    expect(heldUntil({ what: 'answer', own }, state, 7)).toBe(until)
  })
})

import { describe, expect, it } from 'vitest'
import { signedFrame } from '../../protocol/encoding/envelope.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import type { Digest } from '../../protocol/ids.ts'
import { inspect } from '../../protocol/intake/inspect.ts'
import { allowanceOf, createIntakeQuota } from '../../protocol/intake/quota.ts'
import { ENTRY } from '../../protocol/ledger/entry.ts'
import { testCharter, testSigner } from '../../protocol/ledger/testing-mind.ts'
import { rosterOf } from '../../protocol/swarm/live-roster.ts'
import { createInjector } from './inject.ts'
import { Intake } from './intake.ts'

const members = [0, 1, 2, 3, 4].map(testSigner)
const [victim, self] = [testSigner(0), testSigner(1)]
const roster = rosterOf(testCharter(members, 4))
const ZERO = '0'.repeat(64) as Digest

const entry = sign(victim, roster.swarm, ENTRY, {
  account: victim.id,
  seq: 0,
  prev: ZERO,
  claims: [{ source: ZERO, index: 0 }],
  ops: [],
  free: 1n,
})

/** Another frame for each number, with the victim's name and a signature that isn't its. */
function forge(number: number): Uint8Array {
  const sig = new Uint8Array(64)
  new DataView(sig.buffer).setUint32(0, number)
  return signedFrame(roster.swarm, 'entry', { ...entry, sig })
}

/** An intake whose verifier knows only the signatures of honest frames, at one moment of time. */
function build({ isNews = true } = {}) {
  const published: Uint8Array[] = []
  const checks = { roster, quota: createIntakeQuota(() => 0, roster.epoch.sizes.quorum) }
  const intake = new Intake(
    { inspect: (frame, source, chargedTo) => inspect(frame, source, checks, chargedTo) },
    { verify: (all) => Promise.resolve(all.map(({ sig }) => Buffer.compare(sig, entry.sig) === 0)) },
    () => undefined,
  )
  const inject = createInjector({
    self: self.id,
    host: {
      judge: (frame, source, chargedTo) => intake.judge(frame, source, { chargedTo, isNews: () => isNews }),
    },
    wire: { publish: (_topic, frame) => published.push(frame) },
  })
  return { intake, inject, published }
}

describe('frames over HTTP', () => {
  it("can't use up the budget of the member whose name they bear", async () => {
    const { intake, inject } = build()
    const source = { from: victim.id, via: 'jobs' } as const
    const codes = new Set<string | null>()
    for (let number = 1; number <= allowanceOf('entry', 3).burst; number += 1) {
      codes.add((await inject(forge(number), source)).code)
    }
    expect([...codes]).toEqual(['bad_signature', 'over_quota'])
    const honest = signedFrame(roster.swarm, 'entry', entry)
    expect(await intake.judge(honest, source)).toEqual({ verdict: 'accept', code: null })
  })

  it.each([
    [true, { verdict: 'accept', code: null }],
    [false, { verdict: 'ignore', code: 'duplicate' }],
  ])('are passed on if they are news: %s', async (isNews, ruling) => {
    const { inject, published } = build({ isNews })
    const frame = signedFrame(roster.swarm, 'entry', entry)
    expect(await inject(frame, { from: victim.id, via: 'jobs' })).toEqual(ruling)
    expect(published).toEqual(isNews ? [frame] : [])
  })

  it('are still judged by whom they say they come from', async () => {
    const { inject } = build()
    const stranger = { from: testSigner(99).id, via: 'jobs' } as const
    expect(await inject(forge(1), stranger)).toMatchObject({ code: 'not_a_member' })
  })
})

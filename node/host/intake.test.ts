import { describe, expect, it } from 'vitest'
import type { SignatureCheck } from '../../protocol/crypto/verifier.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { DROP_CODES } from '../../protocol/intake/drop-code.ts'
import type { Source } from '../../protocol/intake/message.ts'
import type { Inspection } from '../../protocol/peer/options.ts'
import { Intake } from './intake.ts'

const SOURCE: Source = { from: 'sender' as PeerId, via: 'sync' }

/** Frames of one byte: 0 is dropped at inspection, everything else has one signature to be checked. A second byte names the code. */
function build() {
  const answers = new Map<number, (valid: boolean) => void>()
  const failures = new Map<number, () => void>()
  const taken: unknown[] = []
  const inspect = ([number = 0, code]: Uint8Array): Inspection => {
    const named = code === undefined ? undefined : DROP_CODES[code]
    if (named !== undefined) return { ok: false, code: named }
    if (number === 0) return { ok: false, code: 'malformed' }
    const check = { signer: SOURCE.from, message: Uint8Array.of(number), sig: new Uint8Array(64) }
    return { ok: true, candidate: { value: number as never, checks: [check] } }
  }
  const verify = (checks: readonly SignatureCheck[]): Promise<readonly boolean[]> =>
    new Promise((resolve, reject) => {
      answers.set(checks[0]?.message[0] ?? 0, (valid) => resolve([valid]))
      failures.set(checks[0]?.message[0] ?? 0, () => reject(new Error('the verifier failed')))
    })
  const intake = new Intake({ inspect }, { verify }, (message) => taken.push(message))
  const settled = () => new Promise((resolve) => setImmediate(resolve))
  return { intake, answers, failures, taken, settled }
}

describe('frames of a stream', () => {
  it('are verified at once and handled in their order, without the wrong ones', async () => {
    const { intake, answers, taken, settled } = build()
    for (const number of [1, 0, 2, 3]) void intake.admit(Uint8Array.of(number), SOURCE)
    expect([...answers.keys()]).toEqual([1, 2, 3])
    answers.get(3)?.(true)
    answers.get(2)?.(false)
    await settled()
    expect(taken).toEqual([])
    answers.get(1)?.(true)
    await settled()
    expect(taken).toEqual([1, 3])
    expect(intake.dropped.bad_signature).toBe(1)
  })

  it('do not wait for those of another stream', async () => {
    const { intake, answers, taken, settled } = build()
    void intake.admit(Uint8Array.of(1), SOURCE)
    void intake.admit(Uint8Array.of(2), { ...SOURCE, via: 'certify' })
    answers.get(2)?.(true)
    await settled()
    expect(taken).toEqual([2])
  })

  it('are lost alone when the verifier fails over one of them', async () => {
    const { intake, answers, failures, taken, settled } = build()
    for (const number of [1, 2, 3]) void intake.admit(Uint8Array.of(number), SOURCE)
    failures.get(1)?.()
    answers.get(2)?.(true)
    answers.get(3)?.(true)
    await settled()
    expect(taken).toEqual([2, 3])
    expect(intake.dropped).toEqual({ bad_signature: 0, busy: 0, unverified: 1 })
  })
})

it('holds a failure of its own verifier against nobody', async () => {
  const { intake, failures } = build()
  const ruling = intake.judge(Uint8Array.of(1), { ...SOURCE, via: 'jobs' })
  failures.get(1)?.()
  expect(await ruling).toEqual({ verdict: 'ignore', code: 'busy' })
})

it('holds against a forwarder what a frame alone proves, and nothing that depends on where a peer stands', async () => {
  const { intake } = build()
  const source = { ...SOURCE, via: 'jobs' } as const
  const verdicts = await Promise.all(
    DROP_CODES.map((_, code) => intake.judge(Uint8Array.of(0, code), source)),
  )
  const ignored = verdicts.filter(({ verdict }) => verdict === 'ignore').map(({ code }) => code)
  expect(ignored).toEqual(['not_a_member', 'unknown_epoch', 'duplicate', 'over_quota'])
  expect(verdicts.filter(({ verdict }) => verdict === 'accept')).toEqual([])
})

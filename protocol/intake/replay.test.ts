import { describe, expect, it } from 'vitest'
import { type KindName, KINDS } from '../encoding/kinds.ts'
import type { Digest } from '../ids.ts'
import { inspect } from './inspect.ts'
import { frameOf, samplesFor } from './sample-messages.ts'
import { MEMBER, ROSTER, STRANGER, WITNESSES } from './sample-values.ts'
import { inspected, verdictOn, UNLIMITED } from './testing-intake.ts'

const FOREIGN = 'f'.repeat(64) as Digest
const SAMPLES = samplesFor(ROSTER.swarm)
const NAMED = SAMPLES.map((sample) => [sample.name, sample] as const)
const ALL = Object.keys(KINDS) as KindName[]
const CHANNELS = [...new Set(Object.values(KINDS).map(({ via }) => via))]

describe('the same bytes', () => {
  it.each(NAMED)('of %s are no message of another kind', (_name, sample) => {
    const others = ALL.filter((kind) => kind !== sample.kind)
    const verdicts = others.map((kind) => [kind, verdictOn(inspected(sample, { kind }))] as const)
    const twin = { prepare: 'commit', commit: 'prepare' }[sample.kind as string]
    expect(verdicts.filter(([, verdict]) => verdict === 'believed')).toEqual([])
    // Only a prepare and a commit share a body; their signatures' domains keep them apart.
    const reached = verdicts.filter(([, verdict]) => verdict === 'bad_signature').map(([kind]) => kind)
    expect(reached).toEqual(twin === undefined ? [] : [twin])
  })

  it.each(NAMED)('of %s come over no other channel', (_name, sample) => {
    const others = CHANNELS.filter((via) => via !== KINDS[sample.kind].via)
    const codes = others.map((via) => {
      const result = inspect(
        frameOf(sample),
        { from: sample.signer.id, via },
        { roster: ROSTER, quota: UNLIMITED },
      )
      return verdictOn(result)
    })
    expect(new Set(codes)).toEqual(new Set(['wrong_channel']))
  })

  it.each(NAMED)('of %s are of this swarm alone', (_name, sample) => {
    expect(verdictOn(inspected(sample, { swarm: FOREIGN }))).toBe('foreign_swarm')
  })

  it.each(NAMED)('of %s are nobody else\u2019s word', (_name, sample) => {
    const { signed } = KINDS[sample.kind]
    for (const other of [...WITNESSES, MEMBER].filter(({ id }) => id !== sample.signer.id)) {
      expect(verdictOn(inspected(sample, { signer: other.id }))).toBe(
        signed ? 'bad_signature' : 'wrong_sender',
      )
    }
    expect(verdictOn(inspected(sample, { signer: STRANGER.id }))).toBe('not_a_member')
  })

  it.each(NAMED)('of %s are signed or unsigned as their kind is', (_name, sample) => {
    const sig = new Uint8Array(KINDS[sample.kind].signed ? 0 : 64)
    expect(verdictOn(inspected(sample, { sig }))).toBe('unexpected_signature')
    if (KINDS[sample.kind].signed) {
      expect(verdictOn(inspected(sample, { sig: new Uint8Array(63) }))).toBe('malformed')
    }
  })
})

describe('what was signed in another swarm', () => {
  const replayed = samplesFor(FOREIGN).map((sample) => [sample.name, sample] as const)

  it.each(replayed)('is not believed here: %s', (_name, sample) => {
    const result = inspected(sample)
    const isBare = result.ok && result.candidate.checks.length === 0
    expect(verdictOn(result)).toBe(isBare ? 'believed' : 'bad_signature')
    // Nothing that concerns money or votes goes without a signature.
    if (isBare) expect(BARE).toContain(sample.name)
  })
})

/** Requests, hints and answers that nobody's word is in: they speak for the connection alone. */
const BARE = [
  'certify-reply 1',
  'certify-reply 3',
  'certify-reply 4',
  'certify-reply 5',
  'head-query 0',
  'stage 0',
  'lease 0',
  'held 0',
  'sync-root 0',
  'sync-buckets 0',
  'sync-leaves-request 0',
  'sync-leaves 0',
  'sync-fetch 0',
  'sync-busy 0',
  'closing-request 0',
  // Held against the root that a quorum decided.
  'closing-reply 0',
  'closing-reply 1',
  'epoch-collect 0',
  // What is reported is judged when it is here, piece by piece, each by its name.
  'epoch-report 0',
  'handover 0',
  'handover-fetch 0',
]

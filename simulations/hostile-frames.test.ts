import { describe, expect, it } from 'vitest'
import { createPeer } from '../protocol/peer/peer.ts'
import { mintVerified } from '../protocol/crypto/verified.ts'
import { decodeEnvelope, plainFrame } from '../protocol/encoding/envelope.ts'
import { encodeBody } from '../protocol/encoding/body.ts'
import { envelopeCodec } from '../protocol/encoding/envelope.ts'
import { isKind, KINDS } from '../protocol/encoding/kinds.ts'
import type { Digest, PeerId } from '../protocol/ids.ts'
import type { Source } from '../protocol/intake/message.ts'
import { LIMITS } from '../protocol/params.ts'
import { openJudge } from './judge.ts'
import { createRandom, type Random } from './random.ts'
import { runJobs } from './scenarios/jobs.ts'
import type { Peer, PeerOptions } from '../protocol/peer/options.ts'

interface Caught {
  readonly frame: Uint8Array
  readonly source: Source
}

/** Real frames of every kind that a few jobs bring, with a mind that received them and is still alive. */
function catchFrames(): { readonly frames: readonly Caught[]; readonly minds: readonly Peer[] } {
  const byKind = new Map<string, Caught[]>()
  const minds: Peer[] = []
  const createMind = (options: PeerOptions): Peer => {
    const mind = createPeer(options)
    minds.push(mind)
    return {
      ...mind,
      inspect(frame, source) {
        const inspected = mind.inspect(frame, source)
        const { kind } = decodeEnvelope(frame)
        const held = byKind.get(kind) ?? []
        if (inspected.ok && held.length < 8) byKind.set(kind, [...held, { frame, source }])
        return inspected
      },
    }
  }
  runJobs({ seed: 1, jobs: 2, crypto: 'keyed-hash', judge: openJudge(), createMind })
  return { frames: [...byKind.values()].flat(), minds }
}

type Mutation = (frame: Uint8Array, random: Random) => Uint8Array

const flipped: Mutation = (frame, random) => {
  const copy = frame.slice()
  for (let left = 1 + random.below(4); left > 0; left -= 1) {
    const at = random.below(copy.length)
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
  }
  return copy
}

const cut: Mutation = (frame, random) => frame.slice(0, random.below(frame.length))
const grown: Mutation = (frame, random) => new Uint8Array([...frame, ...random.bytes(1 + random.below(64))])
const noise: Mutation = (_frame, random) => random.bytes(random.below(512))
const nested: Mutation = (_frame, random) => new Uint8Array(1 + random.below(60_000)).fill(0x81)
const missigned: Mutation = (frame, random) => {
  const envelope = decodeEnvelope(frame)
  return encodeBody(envelopeCodec, {
    ...envelope,
    sig: random.bytes(envelope.sig.length === 0 ? 64 : envelope.sig.length),
  })
}
const foreign: Mutation = (frame, random) => {
  const swarm = [...random.bytes(32)].map((byte) => byte.toString(16).padStart(2, '0')).join('') as Digest
  return encodeBody(envelopeCodec, { ...decodeEnvelope(frame), swarm })
}
const renamed: Mutation = (frame, random) => {
  const kinds = Object.keys(KINDS)
  return encodeBody(envelopeCodec, {
    ...decodeEnvelope(frame),
    kind: kinds[random.below(kinds.length)] ?? 'x',
  })
}
/** The body altered inside a well-formed envelope, so that it reaches the kind's own codec. */
const alteredBody: Mutation = (frame, random) => {
  const envelope = decodeEnvelope(frame)
  return encodeBody(envelopeCodec, {
    ...envelope,
    body: envelope.body.length === 0 ? envelope.body : flipped(envelope.body, random),
  })
}

const MUTATIONS: readonly Mutation[] = [
  flipped,
  flipped,
  cut,
  grown,
  noise,
  nested,
  missigned,
  foreign,
  renamed,
  alteredBody,
]

// Bounded: what a hostile frame may cost in memory is nothing that stays.
const GROWTH_BYTES_MAX = 64 * 1024 * 1024

describe('hostile frames at intake', () => {
  const { frames, minds } = catchFrames()
  const mind = minds[0]
  // Later than anything in the run that the frames are from.
  let now = 2_000_000_000_000
  /** Time goes on, so that it isn't the sender's budget that drops the next frame. */
  const wait = (ms: number) => void mind?.handle({ type: 'timer', id: 'nobody' }, (now += ms))

  it('drops 100,000 of them with a code, counts them, and lives', () => {
    expect(mind).toBeDefined()
    if (mind === undefined) return
    const random = createRandom('hostile frames')
    const before = process.memoryUsage().heapUsed
    const droppedBefore = total(mind)
    const root = mind.view.ledgerRoot()
    let dropped = 0
    let passed = 0
    for (let turn = 0; turn < 100_000; turn += 1) {
      const { frame, source } = frames[turn % frames.length] ?? {
        frame: new Uint8Array(0),
        source: undefined,
      }
      if (source === undefined) continue
      wait(1_000)
      const mutate = MUTATIONS[random.below(MUTATIONS.length)] ?? flipped
      const inspected = mind.inspect(mutate(frame, random), source)
      if (!inspected.ok) dropped += 1
      // Signatures over altered bytes are wrong; what carries none is handed to the rules, as the host would.
      else if (inspected.candidate.checks.length > 0) passed += 1
      else {
        const message = mintVerified(inspected.candidate, [])
        if (message !== undefined) mind.handle({ type: 'message', message }, now)
        passed += 1
      }
    }
    expect(dropped + passed).toBe(100_000)
    expect(total(mind) - droppedBefore).toBe(dropped)
    expect(dropped).toBeGreaterThan(80_000)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(GROWTH_BYTES_MAX)
    expect(mind.view.ledgerRoot()).toBe(root)
  })

  it('never accepts a signature that does not belong to the bytes', () => {
    const random = createRandom('wrong signatures')
    for (const { frame, source } of frames.filter(
      ({ frame: bytes }) => decodeEnvelope(bytes).sig.length > 0,
    )) {
      const inspected = mind?.inspect(missigned(frame, random), source)
      if (inspected?.ok !== true) continue
      const answers = inspected.candidate.checks.map((_, at) => at !== inspected.candidate.checks.length - 1)
      expect(mintVerified(inspected.candidate, answers)).toBeUndefined()
    }
  })

  it('tells the limits of size, membership, swarm and channel apart', () => {
    const sample = frames[0]
    if (mind === undefined || sample === undefined) throw new Error('no frames were caught')
    const stranger = '12D3KooWStranger' as PeerId
    const code = (frame: Uint8Array, source: Source) => {
      wait(60_000)
      const inspected = mind.inspect(frame, source)
      return inspected.ok ? 'ok' : inspected.code
    }
    expect(code(new Uint8Array(LIMITS.frameBytes + 1), sample.source)).toBe('too_large')
    expect(code(new Uint8Array(LIMITS.frameBytes), sample.source)).toBe('malformed')
    expect(code(sample.frame, { ...sample.source, from: stranger })).toBe('not_a_member')
    expect(code(foreign(sample.frame, createRandom('f')), sample.source)).toBe('foreign_swarm')
    const other = sample.source.via === 'sync' ? 'job' : 'sync'
    expect(code(sample.frame, { ...sample.source, via: other })).toBe('wrong_channel')
  })

  it('holds an unsigned message to the connection that brought it', () => {
    const unsigned = frames.find(({ frame }) => {
      const { kind } = decodeEnvelope(frame)
      return isKind(kind) && !KINDS[kind].signed
    })
    const others = frames.map(({ source }) => source.from)
    const liar = others.find((peer) => peer !== unsigned?.source.from)
    if (mind === undefined || unsigned === undefined || liar === undefined)
      throw new Error('no frames were caught')
    wait(60_000)
    const inspected = mind.inspect(unsigned.frame, { ...unsigned.source, from: liar })
    expect(inspected.ok ? 'ok' : inspected.code).toBe('wrong_sender')
  })

  it('bounds each kind at its size and one byte above', () => {
    const sample = frames.find(({ frame }) => decodeEnvelope(frame).kind === 'sync-root')
    if (mind === undefined || sample === undefined) throw new Error('no frames were caught')
    const { swarm, signer } = decodeEnvelope(sample.frame)
    const filled = (size: number) =>
      encodeBody(envelopeCodec, {
        kind: 'sync-root',
        swarm,
        signer,
        body: new Uint8Array(size),
        sig: new Uint8Array(0),
      })
    const overhead = filled(KINDS['sync-root'].bytesMax - 200).length - (KINDS['sync-root'].bytesMax - 200)
    const atMax = filled(KINDS['sync-root'].bytesMax - overhead)
    const above = filled(KINDS['sync-root'].bytesMax - overhead + 1)
    expect(atMax.length).toBe(KINDS['sync-root'].bytesMax)
    const codeOf = (frame: Uint8Array) => {
      wait(60_000)
      const inspected = mind.inspect(frame, sample.source)
      return inspected.ok ? 'ok' : inspected.code
    }
    expect(codeOf(atMax)).toBe('malformed')
    expect(codeOf(above)).toBe('too_large')
    expect(
      codeOf(plainFrame(swarm, signer, 'sync-root', { epoch: 0, root: '00'.repeat(32) as Digest })),
    ).toBe('ok')
  })
})

function total(mind: Peer): number {
  return Object.values(mind.view.counters().dropped).reduce((sum, count) => sum + count, 0)
}

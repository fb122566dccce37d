import { isBytes } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { type KindName, KINDS } from '../encoding/kinds.ts'
import { frameOf, type Sample, samplesFor } from './sample-messages.ts'
import { ROSTER } from './sample-values.ts'
import { inspected, isSigned, verdictOn } from './testing-intake.ts'
import { type Place, placesOf } from './wire-places.ts'

const SAMPLES = samplesFor(ROSTER.swarm)
const NAMED = SAMPLES.map((sample) => [sample.name, sample] as const)
const NO_CHECKS: readonly never[] = []

describe('a sample', () => {
  it('is there of every kind', () => {
    expect(new Set(SAMPLES.map(({ kind }) => kind))).toEqual(new Set(Object.keys(KINDS)))
  })

  it.each(NAMED)('%s is believed as it stands', (_name, sample) => {
    expect(verdictOn(inspected(sample))).toBe('believed')
  })
})

/** Another value of the same type, within the field's limits as a rule. */
function altered({ value }: Place): unknown {
  if (typeof value === 'number') return value + 1
  if (typeof value === 'bigint') return value + 1n
  if (typeof value === 'boolean') return !value
  if (isBytes(value)) return value.map((byte, at) => (at === 0 ? byte ^ 1 : byte))
  return undefined
}

describe('no signature survives a change of what it covers', () => {
  /** The places of a sample that may be altered with nothing signed being different. */
  function uncovered(sample: Sample): readonly string[] {
    const whole = inspected(sample)
    const original = new Set((whole.ok ? whole.candidate.checks : NO_CHECKS).map(nameOf))
    return placesOf(sample.body).flatMap((place) => {
      const other = altered(place)
      if (other === undefined || place.name.endsWith('body')) return []
      const result = inspected(sample, { body: place.put(other) })
      if (!result.ok) return []
      const news = result.candidate.checks.filter((check) => !original.has(nameOf(check)))
      expect(news.filter(isSigned)).toEqual([])
      return news.length === 0 ? [place.name] : []
    })
  }

  const nameOf = ({ signer, message, sig }: Parameters<typeof isSigned>[0]) =>
    `${signer} ${message.join()} ${sig.join()}`

  it.each(NAMED.filter(([, { kind }]) => KINDS[kind].signed))('%s', (_name, sample) => {
    expect(uncovered(sample)).toEqual([])
  })

  // A closed state is held against the root that a quorum decided.
  const holding = NAMED.filter(([, { kind }]) => !KINDS[kind].signed && kind !== 'closing-reply')
  it.each(holding)('nested in %s', (_name, sample) => {
    const nested = new Set(placesOf(sample.body).flatMap(({ name, isNested }) => (isNested ? [name] : [])))
    expect(uncovered(sample).filter((name) => nested.has(name))).toEqual([])
  })
})

describe('a frame', () => {
  const sampleOf = (kind: KindName) => SAMPLES.find((sample) => sample.kind === kind) as Sample
  const framed = (sample: Sample, bytes: number) => {
    const empty = frameOf(sample, { body: new Uint8Array(1_000) }).length - 1_000
    // The length of a body of 64 KiB and more is written in two bytes more.
    const body = new Uint8Array(bytes - empty - (bytes > 65_600 ? 2 : 0))
    expect(frameOf(sample, { body }).length).toBe(bytes)
    const result = inspected(sample, { body })
    return result.ok ? 'ok' : result.code
  }

  it.each(Object.keys(KINDS) as KindName[])('of %s is read up to its largest size', (kind) => {
    const { bytesMax } = KINDS[kind]
    expect(framed(sampleOf(kind), bytesMax)).toBe('malformed')
    expect(framed(sampleOf(kind), bytesMax + 1)).toBe('too_large')
  })
})

import { describe, expect, it } from 'vitest'
import { type Case, casesOf } from './field-cases.ts'
import { AMOUNTS, BYTES, endingOf, INTEGERS, LISTS, TEXTS } from './field-limits.ts'
import { samplesFor } from './sample-messages.ts'
import { ROSTER } from './sample-values.ts'
import { inspected } from './testing-intake.ts'
import { placesOf } from './wire-places.ts'

const SAMPLES = samplesFor(ROSTER.swarm)

describe('a message is read, or dropped with the code of what is wrong', () => {
  it.each(SAMPLES.map((sample) => [sample.name, sample] as const))('%s', (_name, sample) => {
    const cases = casesOf(sample.kind, sample.body)
    const answered = ({ name, body }: Case) => {
      const result = inspected(sample, { body })
      return `${name}: ${result.ok ? 'ok' : result.code}`
    }
    expect(cases.map(answered)).toEqual(cases.map(({ name, expected }) => `${name}: ${expected}`))
  })
})

describe('the samples', () => {
  it.each(Object.entries({ INTEGERS, AMOUNTS, BYTES, LISTS, TEXTS }))('reach each of %s', (_name, table) => {
    const names = SAMPLES.flatMap(({ kind, body }) => placesOf(body).map(({ name }) => `${kind}:${name}`))
    const reached = new Set(names.map((name) => endingOf(table, name)))
    expect(Object.keys(table).filter((ending) => !reached.has(ending))).toEqual([])
  })
})

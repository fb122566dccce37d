import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { buildVerificationVectors, encodeVectors } from './verification.build.ts'

const vectors = buildVerificationVectors()

it.each(Object.entries(vectors))('gives the golden %s byte for byte', (name, built) => {
  expect(encodeVectors(built)).toBe(readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8'))
})

import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { hash } from './digest.ts'

it('hashes the domain, the tag, a NUL and the body', () => {
  const expected = createHash('sha256').update('hyperlooms/1/entry\0body').digest('hex')
  expect(hash('entry', new TextEncoder().encode('body'))).toBe(expected)
})

it('keeps tags and bodies apart', () => {
  const body = Uint8Array.of(1)
  const digests = [
    hash('job', body),
    hash('entry', body),
    hash('job', new Uint8Array(0)),
    hash('job1', new Uint8Array(0)),
  ]
  expect(new Set(digests).size).toBe(digests.length)
})

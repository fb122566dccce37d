import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { isDigest, type SwarmId } from '../../protocol/ids.ts'
import { serviceTag } from './lan.ts'

function swarmNamed(name: string): SwarmId {
  const digest = createHash('sha256').update(name).digest('hex')
  if (!isDigest(digest)) throw new Error('SHA-256 gave no digest.')
  return digest
}

it('the service on the local network tells swarms apart and names none', () => {
  const [one, other] = [swarmNamed('one'), swarmNamed('other')]
  expect(serviceTag(one)).toMatch(/^_hl[0-9a-f]{12}\._udp\.local$/)
  expect(serviceTag(one)).not.toBe(serviceTag(other))
  const [, digits = ''] = /^_hl([0-9a-f]+)/.exec(serviceTag(one)) ?? []
  expect(one).not.toContain(digits.slice(0, 6))
})

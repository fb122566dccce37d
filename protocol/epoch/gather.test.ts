import { expect, it } from 'vitest'
import type { Digest, PeerId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import { TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { fourWitnesses } from '../swarm/testing-swarm.ts'
import { Gather } from './gather.ts'
import { cutHandover, emptyListOf } from './pieces.ts'

const { ids, roster } = fourWitnesses()
const [self, second, third, liar] = ids as [PeerId, PeerId, PeerId, PeerId]
const ROOT = '0'.repeat(64) as Digest

it('a witness that reports ever another state holds nobody up', () => {
  let now = 0
  const out = {
    get now() {
      return now
    },
    send: () => undefined,
  } as unknown as Outbox
  const lookups = {} as ConstructorParameters<typeof Gather>[0]['lookups']
  const gather = new Gather({ self, roster, root: () => ROOT, compare: () => undefined, lookups })
  const report = (from: PeerId, root: Digest) => {
    const body = { number: 1, root, list: emptyListOf(1) }
    gather.onReport(out, { kind: 'epoch-report', from, body } as unknown as MessageOf<'epoch-report'>)
  }
  gather.collect(out, cutHandover({ locks: [], prepared: [] }, 1))
  for (const honest of [second, third]) report(honest, ROOT)
  for (; now < TIMES.retryMsMax; now += 500) {
    report(liar, `1${now}`.padStart(64, '0') as Digest)
    expect(gather.isReady(now)).toBe(false)
  }
  report(liar, '9'.repeat(64) as Digest)
  expect(gather.isReady(now)).toBe(true)
})

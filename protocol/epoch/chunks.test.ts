import { expect, it } from 'vitest'
import type { PeerId } from '../ids.ts'
import { testSigner } from '../ledger/testing-mind.ts'
import type { Outbox } from '../peer/outbox.ts'
import { Chunks } from './chunks.ts'
import { handoverDigestOf } from './handover.ts'

const [gone, there] = [testSigner(1).id, testSigner(2).id]
const PART = { locks: [], prepared: [] }
const DIGEST = handoverDigestOf(PART)

it('a part is asked also of those who are heard of later', () => {
  const asked: PeerId[] = []
  const out = {
    write: () => undefined,
    load: () => undefined,
    send: (to: PeerId) => asked.push(to),
  } as unknown as Outbox
  const chunks = new Chunks()
  chunks.assemble(out, [DIGEST], [gone])
  chunks.onLoaded(out, DIGEST, undefined)
  chunks.assemble(out, [DIGEST], [there, gone])
  for (let count = 0; count < 4; count += 1) chunks.repeat(out)
  expect(asked).toEqual([gone, gone, there, gone, there])
  expect(chunks.onPart(out, PART)).toBe(DIGEST)
  expect(chunks.assemble(out, [DIGEST], [])).toEqual(PART)
})

import { expect, it } from 'vitest'
import type { PeerId } from '../../protocol/ids.ts'
import { TOKEN_STREAMS, TOKEN_STREAMS_MAX } from './limits.ts'
import { TokenReaders } from './token-readers.ts'

const peer = (at: number) => `peer ${at}` as PeerId

it('takes of one reader, and of all together, no more than their maximum until one ends', () => {
  const readers = new TokenReaders()
  const own = Array.from({ length: TOKEN_STREAMS }, () => readers.enter(peer(0)))
  expect(own).not.toContain(undefined)
  expect(readers.enter(peer(0))).toBeUndefined()
  const others = Array.from({ length: TOKEN_STREAMS_MAX - TOKEN_STREAMS }, (_, at) =>
    readers.enter(peer(1 + at)),
  )
  expect(others).not.toContain(undefined)
  expect(readers.enter(peer(1_000))).toBeUndefined()
  own[0]?.()
  expect(readers.enter(peer(0))).toBeTypeOf('function')
  expect(readers.enter(peer(1_000))).toBeUndefined()
})

import { describe, expect, it } from 'vitest'
import { blobRefOf, type PeerId } from '../../protocol/ids.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import { LIMITS } from '../../protocol/params.ts'
import { createMemoryBackend } from '../api/memory-backend.ts'
import type { TokenNews } from '../api/backend.ts'
import { createTokenFollower } from './token-follower.ts'

const JOB = blobRefOf(Uint8Array.of(1)).digest
const backend = createMemoryBackend()
const [PAYER, A, B, OTHER] = backend.peers as [PeerId, PeerId, PeerId, PeerId]

/** A runner's side of a stream, in the hands of the test. */
class Source {
  readonly #pieces: Uint8Array[] = []
  #end: 'open' | 'ended' | 'broken' = 'open'
  #changed = Promise.withResolvers<void>()

  say(...pieces: readonly Uint8Array[]): void {
    this.#pieces.push(...pieces)
    this.#wake()
  }

  finish(how: 'ended' | 'broken'): void {
    this.#end = how
    this.#wake()
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const { promise } = this.#changed
      const next = this.#pieces.shift()
      if (next !== undefined) yield next
      else if (this.#end === 'broken') throw new Error('it broke')
      else if (this.#end === 'ended') return
      else await promise
    }
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }
}

const utf8 = (text: string) => new TextEncoder().encode(text)

function follow({ self = PAYER }: { readonly self?: PeerId } = {}) {
  const base = backend.records.get(backend.runningJob)
  if (base === undefined) throw new Error('no record')
  const slot = { slot: 0, step: 0, peer: A, rank: 0, state: 'started' as const, tokens: 1 }
  let record: JobRecord = { ...base, account: PAYER, spec: { ...base.spec, steward: PAYER }, slots: [slot] }
  let changed: (job: string | null) => void = () => undefined
  const asked: PeerId[] = []
  const sources: Source[] = []
  const news: TokenNews[] = []
  const start = createTokenFollower({
    view: { self, job: () => record },
    own: { read: () => undefined },
    wire: {
      readTokens(from) {
        const source = new Source()
        asked.push(from)
        sources.push(source)
        return source.read()
      },
    },
    subscribe(listener) {
      changed = listener
      return () => {
        changed = () => undefined
      }
    },
  })
  const stop = start(JOB, (one) => news.push(one))
  const change = (changes: Partial<typeof slot>) => {
    record = { ...record, slots: [{ ...slot, ...changes }] }
    changed(JOB)
  }
  const source = (at: number): Source => {
    const found = sources[at]
    if (found === undefined) throw new Error(`nobody asked for stream ${at}`)
    return found
  }
  const settled = () => new Promise(setImmediate)
  return { news, asked, source, change, stop, settled }
}

describe('whoever follows an answer', () => {
  it('is told it in whole characters, wherever it was cut', async () => {
    const { news, source, settled } = follow()
    const bytes = utf8('a🧵ö')
    source(0).say(...Array.from(bytes, (byte) => Uint8Array.of(byte)))
    await settled()
    expect(news).toEqual([
      { type: 'tokens', rank: 0, at: 0, text: 'a' },
      { type: 'tokens', rank: 0, at: 1, text: '🧵' },
      { type: 'tokens', rank: 0, at: 3, text: 'ö' },
    ])
  })

  it('is told to begin anew where the slot is taken over in the middle', async () => {
    const { news, asked, source, change, settled } = follow()
    source(0).say(utf8('half of it'))
    await settled()
    change({ peer: B, rank: 1 })
    source(0).say(utf8(' and what came too late'))
    source(1).say(utf8('all of it'))
    await settled()
    expect(asked).toEqual([A, B])
    expect(news).toEqual([
      { type: 'tokens', rank: 0, at: 0, text: 'half of it' },
      { type: 'reset', rank: 1 },
      { type: 'tokens', rank: 1, at: 0, text: 'all of it' },
    ])
  })

  it('is told nothing of a run that failed, and of the next one all', async () => {
    const { news, asked, source, change, settled } = follow()
    source(0).finish('ended')
    change({ state: 'failed' as 'started' })
    await settled()
    expect(asked).toEqual([A])
    change({ peer: B, rank: 1 })
    source(1).say(utf8('x'))
    await settled()
    expect(news.at(-1)).toEqual({ type: 'tokens', rank: 1, at: 0, text: 'x' })
  })

  it('asks again after a break, from the beginning, once the job moves on', async () => {
    const { news, asked, source, change, settled } = follow()
    source(0).say(utf8('ab'))
    await settled()
    source(0).finish('broken')
    await settled()
    expect(asked).toEqual([A])
    change({ tokens: 2 })
    source(1).say(utf8('abc'))
    await settled()
    expect(asked).toEqual([A, A])
    expect(news.at(-1)).toEqual({ type: 'tokens', rank: 0, at: 0, text: 'abc' })
  })

  it('asks again where the run that was announced had not begun yet', async () => {
    const { news, asked, source, change, settled } = follow()
    source(0).finish('ended')
    await settled()
    expect(asked).toEqual([A])
    change({ tokens: 2 })
    source(1).say(utf8('ab'))
    source(1).finish('ended')
    await settled()
    change({ tokens: 3 })
    await settled()
    expect(asked).toEqual([A, A])
    expect(news).toEqual([{ type: 'tokens', rank: 0, at: 0, text: 'ab' }])
  })

  it('takes no more than an answer may have', async () => {
    const { news, source, settled } = follow()
    source(0).say(new Uint8Array(LIMITS.answerBytes).fill(0x61), utf8('b'), utf8('c'))
    await settled()
    expect(news).toHaveLength(1)
  })

  it.each([
    ['somebody who neither pays nor stewards', { self: OTHER }],
    ['a standby of the job', { self: B }],
  ])('is not %s', (_, who) => {
    expect(follow(who).asked).toEqual([])
  })

  it('asks nobody before somebody is at work, and none any more once it stops', async () => {
    const { news, asked, change, source, stop, settled } = follow()
    change({ state: 'assigned' as 'started', peer: B, rank: 1 })
    expect(asked).toEqual([A])
    stop()
    source(0).say(utf8('unheard'))
    change({ peer: B, rank: 1 })
    await settled()
    expect(asked).toEqual([A])
    expect(news).toEqual([])
  })
})

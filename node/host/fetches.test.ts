import { describe, expect, it } from 'vitest'
import { blobRefOf, type Digest, type JobId, type PeerId } from '../../protocol/ids.ts'
import type { Effect } from '../../protocol/peer/effect.ts'
import { Fetches } from './fetches.ts'
import type { Wire } from './ports.ts'

type Order = Extract<Effect, { type: 'fetch' }>

const SELF = 'self' as PeerId
const [A, B, C] = ['a', 'b', 'c'] as [PeerId, PeerId, PeerId]
const JOB = 'a1'.repeat(32) as JobId
const BODY = Uint8Array.of(1, 2, 3)
const BLOB = blobRefOf(BODY)

class Failure extends Error {
  readonly code: string
  constructor(code: string) {
    super(code)
    this.code = code
  }
}

interface World {
  /** What each peer answers. */
  readonly peers?: Readonly<Record<string, Uint8Array | string>>
  readonly own?: boolean
  readonly isHeldFor?: JobId
  readonly providers?: readonly PeerId[]
}

function build({ peers = {}, own = false, isHeldFor, providers = [] }: World) {
  const asked: PeerId[] = []
  const searched: Digest[] = []
  const puts: (boolean | undefined)[] = []
  const clock = { now: 0 }
  const wire = {
    fetchBlob: async (from: PeerId) => {
      asked.push(from)
      const answer = peers[from] ?? 'blob_missing'
      if (typeof answer === 'string') throw new Failure(answer)
      return answer
    },
    findProviders: async (body: Digest) => {
      searched.push(body)
      return providers
    },
  }
  const waiting: ((ok: boolean) => void)[] = []
  const fetches = new Fetches({
    self: SELF,
    bodies: {
      get: async () => (own ? BODY : undefined),
      put: async (body, options) => {
        puts.push(options?.durable)
        return blobRefOf(body)
      },
    },
    holds: async (_, job) => job === isHeldFor,
    // All of the wire that it uses.
    wire: () => wire as unknown as Wire,
    done: (_, ok) => waiting.shift()?.(ok),
    onFailure: (error) => {
      throw error
    },
    now: () => clock.now,
  })
  const fetch = (order: Partial<Order> = {}): Promise<boolean> =>
    new Promise((resolve) => {
      waiting.push(resolve)
      fetches.start({
        type: 'fetch',
        token: 't',
        job: JOB,
        blob: BLOB,
        from: [A, B, C],
        care: 'plain',
        after: 0,
        ...order,
      })
    })
  return { fetch, asked, searched, puts, clock }
}

describe('a fetch', () => {
  it('takes the own copy that is held for this job', async () => {
    const { fetch, asked } = build({ own: true, isHeldFor: JOB })
    expect(await fetch()).toBe(true)
    expect(asked).toEqual([])
  })

  it("never takes another job's copy: who names a digest must have the body", async () => {
    const { fetch, asked } = build({ own: true, isHeldFor: 'b2'.repeat(32) as JobId })
    expect(await fetch({ from: [SELF, A] })).toBe(false)
    expect(asked).toEqual([A])
  })

  it('asks one after another until one has it', async () => {
    const { fetch, asked } = build({ peers: { b: BODY } })
    expect(await fetch()).toBe(true)
    expect(asked).toEqual([A, B])
  })

  it.each([
    ['plain', false],
    ['synced', true],
    ['keep', true],
  ] as const)('of a body that is %s syncs it: %s', async (care, durable) => {
    const { fetch, puts } = build({ peers: { a: BODY } })
    await fetch({ care })
    expect(puts).toEqual([durable])
  })

  it('makes an own copy durable that something will rest on', async () => {
    const { fetch, puts } = build({ own: true, isHeldFor: JOB })
    await fetch({ care: 'synced' })
    expect(puts).toEqual([true])
  })

  it.each(['blob_mismatch', 'blob_timeout', 'unreachable'])(
    'asks a holder last for a minute after %s, and asks it still',
    async (code) => {
      const { fetch, asked, clock } = build({ peers: { a: code, b: code, c: BODY } })
      await fetch({ from: [A, C] })
      await fetch({ from: [A, C] })
      expect(asked.splice(0)).toEqual([A, C, C])
      expect(await fetch({ from: [A] })).toBe(false)
      clock.now += 60_000
      await fetch({ from: [A, C] })
      expect(asked).toEqual([A, A, C])
    },
  )

  it('blames nobody for not having a body', async () => {
    const { fetch, asked } = build({ peers: { c: BODY } })
    await fetch({ from: [A, C] })
    await fetch({ from: [A, C] })
    expect(asked).toEqual([A, C, A, C])
  })

  it('that nobody named gave is looked for elsewhere only where no decision waits', async () => {
    const plain = build({ peers: { c: BODY }, providers: [C] })
    expect(await plain.fetch({ from: [A] })).toBe(false)
    expect(plain.searched).toEqual([])
    const keep = build({ peers: { c: BODY }, providers: [A, C] })
    expect(await keep.fetch({ from: [A], care: 'keep' })).toBe(true)
    expect([keep.asked, keep.searched]).toEqual([[A, C], [BLOB.digest]])
  })

  it('asks at most four that the hash table names', async () => {
    const many = Array.from({ length: 9 }, (_, at) => `p${at}` as PeerId)
    const { fetch, asked } = build({ providers: many })
    expect(await fetch({ from: [], care: 'keep' })).toBe(false)
    expect(asked).toEqual(many.slice(0, 4))
  })
})

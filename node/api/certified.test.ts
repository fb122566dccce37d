import { describe, expect, it } from 'vitest'
import type { EntryId } from '../../protocol/ids.ts'
import { createCertificates } from './certified.ts'
import { createMemoryBackend } from './memory-backend.ts'
import { digestNamed } from './sample-swarm.ts'

const ENTRY: EntryId = digestNamed(1)

/** A store that answers each look when the test says so. */
function build() {
  const backend = createMemoryBackend()
  const looks: PromiseWithResolvers<boolean>[] = []
  backend.ledger.isCertified = () => {
    const look = Promise.withResolvers<boolean>()
    looks.push(look)
    return look.promise
  }
  const settled = () => new Promise((resolve) => setImmediate(resolve))
  return { backend, looks, settled, untilCertified: createCertificates(backend) }
}

describe('waiting for a certificate', () => {
  it('looks once at a time, for however many and whatever happens, and once more after that', async () => {
    const { backend, looks, settled, untilCertified } = build()
    const waiting = [1, 2, 3].map(() => untilCertified(ENTRY, 30_000))
    for (let count = 0; count < 100; count += 1) backend.notify(null)
    await settled()
    expect(looks).toHaveLength(1)
    looks[0]?.resolve(false)
    await settled()
    expect(looks).toHaveLength(2)
    looks[1]?.resolve(true)
    expect(await Promise.all(waiting)).toEqual([true, true, true])
    expect(looks).toHaveLength(2)
    expect(backend.listeners.size).toBe(0)
  })

  it('goes on after a look that failed, and no caller is told of it', async () => {
    const { backend, looks, settled, untilCertified } = build()
    const now = untilCertified(ENTRY, 0)
    looks[0]?.reject(new Error('the store is closed'))
    expect(await now).toBe(false)
    const later = untilCertified(ENTRY, 30_000)
    looks[1]?.reject(new Error('the store is closed'))
    await settled()
    backend.notify(null)
    await settled()
    looks[2]?.resolve(true)
    expect(await later).toBe(true)
  })
})

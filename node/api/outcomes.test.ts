import { describe, expect, it } from 'vitest'
import type { EntryId } from '../../protocol/ids.ts'
import type { EntryState } from './backend.ts'
import { createMemoryBackend } from './memory-backend.ts'
import { createOutcomes } from './outcomes.ts'
import { digestNamed } from './sample-swarm.ts'

const ENTRY: EntryId = digestNamed(1)

/** A store that answers each look when the test says so. */
function build() {
  const backend = createMemoryBackend()
  const looks: PromiseWithResolvers<EntryState>[] = []
  backend.ledger.stateOf = () => {
    const look = Promise.withResolvers<EntryState>()
    looks.push(look)
    return look.promise
  }
  const settled = () => new Promise((resolve) => setImmediate(resolve))
  const stopping = new AbortController()
  return { backend, looks, settled, stopping, untilSettled: createOutcomes(backend, stopping.signal) }
}

describe('waiting for a certificate', () => {
  it('looks once at a time, for however many and whatever happens, and once more after that', async () => {
    const { backend, looks, settled, untilSettled } = build()
    const waiting = [1, 2, 3].map(() => untilSettled(ENTRY, 30_000))
    for (let count = 0; count < 100; count += 1) backend.notify(null)
    await settled()
    expect(looks).toHaveLength(1)
    looks[0]?.resolve('waiting')
    await settled()
    expect(looks).toHaveLength(2)
    looks[1]?.resolve('certified')
    expect(await Promise.all(waiting)).toEqual(['certified', 'certified', 'certified'])
    expect(looks).toHaveLength(2)
    expect(backend.listeners.size).toBe(0)
  })

  it('goes on after a look that failed, and no caller is told of it', async () => {
    const { backend, looks, settled, untilSettled } = build()
    const now = untilSettled(ENTRY, 0)
    looks[0]?.reject(new Error('the store is closed'))
    expect(await now).toBe('waiting')
    const later = untilSettled(ENTRY, 30_000)
    looks[1]?.reject(new Error('the store is closed'))
    await settled()
    backend.notify(null)
    await settled()
    looks[2]?.resolve('certified')
    expect(await later).toBe('certified')
  })

  it('ends at once when the server stops, also for those who come later', async () => {
    const { backend, looks, stopping, untilSettled } = build()
    const waiting = untilSettled(ENTRY, 30_000)
    looks[0]?.resolve('waiting')
    stopping.abort()
    expect(await waiting).toBe('waiting')
    expect(await untilSettled(ENTRY, 30_000)).toBe('waiting')
    expect(backend.listeners.size).toBe(0)
  })

  it('ends when the entry is void', async () => {
    const { looks, untilSettled } = build()
    const waiting = untilSettled(ENTRY, 30_000)
    looks[0]?.resolve('void')
    expect(await waiting).toBe('void')
  })
})

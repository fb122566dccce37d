import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Write } from '../../protocol/records/record.ts'
import { createDurabilityLog } from './durability-log.ts'
import { createMemoryStore } from './memory-store.ts'
import { list } from './store.acceptance.ts'

/** A store whose writes end when the test says so. */
function createControlledStore() {
  const pending: { batch: readonly Write[]; resolve: () => void; reject: (error: Error) => void }[] = []
  const waiting: (() => void)[] = []
  return {
    pending,
    write(batch: readonly Write[]): Promise<void> {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      pending.push({ batch, resolve, reject })
      for (const wake of waiting.splice(0)) wake()
      return promise
    },
    /** The write that has begun, after waiting for it if there is none yet. */
    async next() {
      while (pending.length === 0) await new Promise<void>((wake) => waiting.push(wake))
      const write = pending.shift()
      if (write === undefined) throw new Error('unreachable')
      return write
    },
  }
}

function createFixture(queuedMax?: number) {
  const store = createControlledStore()
  const failures: unknown[] = []
  const ran: string[] = []
  const onFailure = (error: unknown): void => void failures.push(error)
  const log = createDurabilityLog(store, queuedMax === undefined ? { onFailure } : { onFailure, queuedMax })
  return { store, failures, ran, log, mark: (name: string) => () => void ran.push(name) }
}

const put = (key: string, byte: number): Write => ({ key, value: Uint8Array.of(byte) })

describe('durability log', () => {
  it('runs an action only when its position is synced', async () => {
    const { store, ran, log, mark } = createFixture()
    log.append(1, [put('a', 1)])
    log.whenSynced(1, mark('1'))
    const write = await store.next()
    expect(write.batch).toEqual([put('a', 1)])
    expect(ran).toEqual([])
    write.resolve()
    await log.drain()
    expect(ran).toEqual(['1'])
  })

  it('collects what is appended during a sync into one next batch', async () => {
    const { store, ran, log, mark } = createFixture()
    log.append(1, [put('a', 1)])
    const first = await store.next()
    log.append(2, [put('b', 2)])
    log.append(5, [put('c', 5), put('d', 5)])
    log.whenSynced(2, mark('2'))
    log.whenSynced(5, mark('5'))
    log.whenSynced(1, mark('1'))
    expect(store.pending).toEqual([])
    first.resolve()
    const second = await store.next()
    expect(second.batch.map(({ key }) => key)).toEqual(['b', 'c', 'd'])
    expect(ran).toEqual([])
    second.resolve()
    await log.drain()
    expect(ran).toEqual(['2', '5', '1'])
  })

  it('shares one batch among the steps of one burst', async () => {
    const { store, log } = createFixture()
    for (let position = 1; position <= 10; position++) log.append(position, [put(`k${position}`, position)])
    expect((await store.next()).batch).toHaveLength(10)
  })

  it('keeps the last write to a key within a group', async () => {
    const { store, log } = createFixture()
    log.append(1, [put('a', 1), put('b', 1)])
    log.append(2, [put('a', 2), { key: 'b', value: null }, put('c', 2)])
    log.append(3, [put('a', 3)])
    const { batch } = await store.next()
    expect(new Map(batch.map(({ key, value }) => [key, value]))).toEqual(
      new Map([
        ['a', Uint8Array.of(3)],
        ['b', null],
        ['c', Uint8Array.of(2)],
      ]),
    )
  })

  it('runs at once what relies on synced positions', async () => {
    const { store, ran, log, mark } = createFixture()
    log.whenSynced(0, mark('0'))
    expect(ran).toEqual(['0'])
    log.append(1, [put('a', 1)])
    ;(await store.next()).resolve()
    await log.drain()
    log.whenSynced(1, mark('1'))
    expect(ran).toEqual(['0', '1'])
  })

  it('keeps an action behind earlier ones although its own position is synced', async () => {
    const { store, ran, log, mark } = createFixture()
    log.append(1, [put('a', 1)])
    log.whenSynced(1, mark('1'))
    log.whenSynced(0, mark('0'))
    expect(ran).toEqual([])
    ;(await store.next()).resolve()
    await log.drain()
    expect(ran).toEqual(['1', '0'])
  })

  it('lets actions append and queue without running one within another', async () => {
    const { store, ran, log, mark } = createFixture()
    log.append(1, [put('a', 1)])
    log.whenSynced(1, () => {
      ran.push('begin')
      log.whenSynced(1, mark('inner'))
      log.append(2, [put('b', 2)])
      log.whenSynced(2, mark('2'))
      ran.push('end')
    })
    log.whenSynced(1, mark('1'))
    ;(await store.next()).resolve()
    ;(await store.next()).resolve()
    await log.drain()
    expect(ran).toEqual(['begin', 'end', '1', 'inner', '2'])
  })

  it('writes nothing for steps without records', async () => {
    const { store, ran, log, mark } = createFixture()
    log.append(1, [])
    log.whenSynced(1, mark('1'))
    await log.drain()
    expect(ran).toEqual(['1'])
    expect(store.pending).toEqual([])
  })

  it('keeps a step without records behind the records before it', async () => {
    const { store, ran, log, mark } = createFixture()
    log.append(1, [put('a', 1)])
    const write = await store.next()
    log.append(2, [])
    log.whenSynced(2, mark('2'))
    expect(ran).toEqual([])
    write.resolve()
    await log.drain()
    expect(ran).toEqual(['2'])
  })

  it('reports a failed write once and runs no action after it', async () => {
    const { store, failures, ran, log, mark } = createFixture()
    log.append(1, [put('a', 1)])
    log.whenSynced(1, mark('1'))
    ;(await store.next()).resolve()
    await log.drain()
    log.append(2, [put('b', 2)])
    log.whenSynced(2, mark('2'))
    const second = await store.next()
    log.append(3, [put('c', 3)])
    log.whenSynced(3, mark('3'))
    const error = new Error('no space')
    second.reject(error)
    await log.drain()
    log.append(4, [put('d', 4)])
    log.whenSynced(4, mark('4'))
    log.whenSynced(1, mark('late'))
    await log.drain()
    expect(failures).toEqual([error])
    expect(ran).toEqual(['1'])
    expect(store.pending).toEqual([])
  })

  it('fails with an action that throws', async () => {
    const { store, failures, ran, log, mark } = createFixture()
    const error = new Error('action')
    log.append(1, [put('a', 1)])
    log.whenSynced(1, () => {
      throw error
    })
    log.whenSynced(1, mark('after'))
    ;(await store.next()).resolve()
    await log.drain()
    expect(failures).toEqual([error])
    expect(ran).toEqual([])
  })

  it('runs no action for a write that ends after the log has failed', async () => {
    const { store, failures, ran, log, mark } = createFixture(1)
    log.append(1, [put('a', 1)])
    log.whenSynced(1, mark('1'))
    const write = await store.next()
    log.append(2, [put('b', 2), put('c', 2)])
    expect(failures).toHaveLength(1)
    write.resolve()
    await log.drain()
    expect(ran).toEqual([])
  })

  it('refuses positions out of order', () => {
    const { log } = createFixture()
    const order = expect.objectContaining({ code: 'durability_order' })
    log.append(5, [])
    expect(() => log.append(5, [])).toThrow(order)
    expect(() => log.append(4, [])).toThrow(order)
    expect(() => log.append(Number.NaN, [])).toThrow(order)
    expect(() => log.whenSynced(6, () => {})).toThrow(order)
    expect(() => log.whenSynced(Number.NaN, () => {})).toThrow(order)
  })

  it('holds queuedMax keys and actions, and fails with one more', () => {
    const overflow = [expect.objectContaining({ code: 'durability_overflow' })]
    const keys = createFixture(3)
    keys.log.append(1, [put('a', 1), put('b', 1), put('c', 1)])
    keys.log.append(2, [put('a', 2)])
    expect(keys.failures).toEqual([])
    keys.log.append(3, [put('d', 3)])
    expect(keys.failures).toEqual(overflow)

    const waiting = createFixture(3)
    waiting.log.append(1, [put('a', 1)])
    for (let count = 0; count < 3; count++) waiting.log.whenSynced(1, waiting.mark('x'))
    expect(waiting.failures).toEqual([])
    waiting.log.whenSynced(1, waiting.mark('x'))
    expect(waiting.failures).toEqual(overflow)
  })

  it('asks for a pause above a tenth of its maximum, until the disk has caught up', async () => {
    const { store, log } = createFixture(10)
    log.append(1, [put('a', 1)])
    expect(log.eased()).toBeUndefined()
    log.append(2, [put('b', 2)])
    const eased = log.eased()
    expect(eased).toBeInstanceOf(Promise)
    const first = await store.next()
    expect(first.batch).toHaveLength(2)
    first.resolve()
    await eased
    expect(log.eased()).toBeUndefined()
  })

  it('drains at once when nothing was appended', async () => {
    await createFixture().log.drain()
  })

  it('leaves after a crash a prefix of the steps that covers every action that ran', async () => {
    const step = fc.record({
      writes: fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), byte: fc.nat(255) }), {
        maxLength: 3,
      }),
      yields: fc.nat(12),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.nat(10), async (steps, crashAfter) => {
        const disk = createMemoryStore()
        let batches = 0
        const crashing = {
          async write(batch: readonly Write[]): Promise<void> {
            if (batches++ >= crashAfter) throw new Error('crash')
            await disk.write(batch)
          },
        }
        let reached = 0
        const log = createDurabilityLog(crashing, { onFailure: () => {} })
        const states = [new Map<string, number>()]
        for (const [at, { writes, yields }] of steps.entries()) {
          const state = new Map(states[at])
          for (const { key, byte } of writes) state.set(key, byte)
          states.push(state)
          log.append(
            at + 1,
            writes.map(({ key, byte }) => put(key, byte)),
          )
          log.whenSynced(at + 1, () => {
            expect(reached).toBe(at)
            reached = at + 1
          })
          for (let turn = 0; turn < yields; turn++) await Promise.resolve()
        }
        await log.drain()
        const left = new Map((await list(disk, { prefix: '' })).map(({ key, value }) => [key, value[0]]))
        if (batches <= crashAfter) expect(reached).toBe(steps.length)
        // What is on disk is exactly the state after some step, and not before the last action that ran.
        expect(states.slice(reached)).toContainEqual(left)
      }),
    )
  })
})

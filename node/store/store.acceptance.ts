import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StoredRecord, Write } from '../../protocol/records/record.ts'
import type { Scan, Store } from './store.ts'

/** One kind of store under test: `reopen` gives the same data again where the adapter is durable. */
export interface StoreFixture {
  open(): Promise<Store>
  readonly durable: boolean
  remove(): Promise<void>
}

const utf8 = new TextEncoder()
const put = (key: string, value = key): Write => ({ key, value: utf8.encode(value) })
const remove = (key: string): Write => ({ key, value: null })

export async function list(store: Pick<Store, 'scan'>, scan: Scan): Promise<StoredRecord[]> {
  const records: StoredRecord[] = []
  for await (const record of store.scan(scan)) records.push(record)
  return records
}

async function keysOf(store: Pick<Store, 'scan'>, scan: Scan): Promise<string[]> {
  return (await list(store, scan)).map(({ key }) => key)
}

/** What every adapter of the `Store` port must do. */
export function describeStore(name: string, createFixture: () => Promise<StoreFixture>): void {
  describe(name, () => {
    let fixture: StoreFixture
    let store: Store

    beforeEach(async () => {
      fixture = await createFixture()
      store = await fixture.open()
    })
    afterEach(async () => {
      await store.close()
      await fixture.remove()
    })

    it('reads what was written, and undefined for the rest', async () => {
      await store.write([put('a', 'one'), put('b', 'two')])
      expect(await store.get('a')).toEqual(utf8.encode('one'))
      expect(await store.get('c')).toBeUndefined()
      expect(await store.getMany(['b', 'c', 'a', 'b'])).toEqual([
        utf8.encode('two'),
        undefined,
        utf8.encode('one'),
        utf8.encode('two'),
      ])
      expect(await store.getMany([])).toEqual([])
    })

    it('overwrites and deletes; the last write to a key of a batch counts', async () => {
      await store.write([put('a', 'one'), remove('b')])
      await store.write([put('b'), remove('b'), remove('a'), put('a', 'two'), put('a', 'three')])
      expect(await list(store, { prefix: '' })).toEqual([{ key: 'a', value: utf8.encode('three') }])
      await store.write([remove('a')])
      expect(await keysOf(store, { prefix: '' })).toEqual([])
    })

    it('applies all of a batch or nothing', async () => {
      await expect(store.write([put('a'), put('b\ud800')])).rejects.toMatchObject({
        code: 'store_key_invalid',
      })
      expect(await keysOf(store, { prefix: '' })).toEqual([])
      const batch = Array.from({ length: 500 }, (_, at) => put(`n/${at}`))
      const written = store.write(batch)
      const counts = await Promise.all(
        Array.from({ length: 5 }, async () => (await keysOf(store, { prefix: 'n/' })).length),
      )
      await written
      for (const count of counts) expect([0, 500]).toContain(count)
      expect(await keysOf(store, { prefix: 'n/' })).toHaveLength(500)
    })

    it('keeps a snapshot as it was, whatever is written later', async () => {
      await store.write([put('a', 'one'), put('b')])
      const before = await store.snapshot()
      await store.write([put('a', 'two'), remove('b'), put('c')])
      const after = await store.snapshot()
      expect(await keysOf(before, { prefix: '' })).toEqual(['a', 'b'])
      expect(await list(before, { prefix: 'a' })).toEqual([{ key: 'a', value: utf8.encode('one') }])
      expect(await keysOf(before, { prefix: '', reverse: true, limit: 1 })).toEqual(['b'])
      expect(await list(after, { prefix: '' })).toEqual([
        { key: 'a', value: utf8.encode('two') },
        { key: 'c', value: utf8.encode('c') },
      ])
      expect(after.position).toBe(before.position + 1)
      await before.close()
      await after.close()
      await store.close()
      await expect(store.snapshot()).rejects.toMatchObject({ code: 'store_closed' })
      store = await fixture.open()
    })

    it('accepts an empty batch', async () => {
      await store.write([])
      expect(await keysOf(store, { prefix: '' })).toEqual([])
    })

    it('keeps empty values and bytes of any kind', async () => {
      const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
      await store.write([
        { key: 'empty', value: new Uint8Array(0) },
        { key: 'all', value: all.subarray(3) },
      ])
      expect(await store.get('empty')).toEqual(new Uint8Array(0))
      expect(await store.get('all')).toEqual(all.slice(3))
      expect(await list(store, { prefix: 'e' })).toEqual([{ key: 'empty', value: new Uint8Array(0) }])
    })

    it('copies values both ways', async () => {
      // A Buffer's `slice` shares memory, unlike that of other arrays.
      for (const value of [Uint8Array.of(1, 2), Buffer.of(1, 2)]) {
        const written = store.write([{ key: 'a', value }])
        value[0] = 9
        await written
        const read = await store.get('a')
        read?.fill(7)
        for (const record of await list(store, { prefix: 'a' })) record.value.fill(8)
        expect(await store.get('a')).toEqual(Uint8Array.of(1, 2))
      }
    })

    it('scans exactly the keys that have the prefix', async () => {
      await store.write(['a', 'a/', 'a/1', 'a/2', 'a/\u{10ffff}', 'a0', 'b', 'A/1'].map((key) => put(key)))
      expect(await keysOf(store, { prefix: 'a/' })).toEqual(['a/', 'a/1', 'a/2', 'a/\u{10ffff}'])
      expect(await keysOf(store, { prefix: 'a/\u{10ffff}' })).toEqual(['a/\u{10ffff}'])
      expect(await keysOf(store, { prefix: 'c' })).toEqual([])
      expect(await keysOf(store, { prefix: '' })).toHaveLength(8)
    })

    it('goes on after a key, up to a limit, in both directions', async () => {
      await store.write(['k/1', 'k/2', 'k/3', 'k/4', 'j', 'l'].map((key) => put(key)))
      const rows: readonly (readonly [Omit<Scan, 'prefix'>, string[]])[] = [
        [{ limit: 2 }, ['k/1', 'k/2']],
        [{ limit: 0 }, []],
        [{ after: 'k/2' }, ['k/3', 'k/4']],
        [{ after: 'k/2', limit: 1 }, ['k/3']],
        [{ after: 'k/25' }, ['k/3', 'k/4']],
        [{ after: 'a' }, ['k/1', 'k/2', 'k/3', 'k/4']],
        [{ after: 'z' }, []],
        [{ reverse: true }, ['k/4', 'k/3', 'k/2', 'k/1']],
        [{ reverse: true, limit: 3 }, ['k/4', 'k/3', 'k/2']],
        [{ reverse: true, after: 'k/3' }, ['k/2', 'k/1']],
        [{ reverse: true, after: 'z', limit: 1 }, ['k/4']],
        [{ reverse: true, after: 'a' }, []],
      ]
      for (const [scan, expected] of rows) {
        expect(await keysOf(store, { prefix: 'k/', ...scan }), JSON.stringify(scan)).toEqual(expected)
      }
    })

    it('orders keys by their UTF-8 bytes', async () => {
      const keys = ['\0', 'Z', 'a', 'a\0', 'aa', 'é', '\u{ff5e}', '\u{ffff}', '\u{10000}', '\u{1f600}']
      await store.write(keys.toReversed().map((key) => put(key)))
      expect(await keysOf(store, { prefix: '' })).toEqual(keys)
      expect(await keysOf(store, { prefix: '', reverse: true })).toEqual(keys.toReversed())
      expect(await keysOf(store, { prefix: '', after: '\u{ff5e}' })).toEqual(keys.slice(7))
      expect(await keysOf(store, { prefix: '', after: '\u{ff5e}', reverse: true })).toEqual(
        keys.slice(0, 6).toReversed(),
      )
    })

    it('shows a scan the state of its beginning, and lets it stop early', async () => {
      await store.write([put('a'), put('b'), put('c')])
      const seen: string[] = []
      for await (const { key } of store.scan({ prefix: '' })) {
        seen.push(key)
        if (key === 'a') await store.write([remove('b'), put('bb')])
      }
      expect(seen).toEqual(['a', 'b', 'c'])
      for await (const { key } of store.scan({ prefix: '' })) {
        expect(key).toBe('a')
        break
      }
      expect(await keysOf(store, { prefix: '' })).toEqual(['a', 'bb', 'c'])
    })

    it('refuses keys without a UTF-8 form', async () => {
      const invalid = { code: 'store_key_invalid' }
      await expect(store.get('\udc00')).rejects.toMatchObject(invalid)
      await expect(store.getMany(['a', ''])).rejects.toMatchObject(invalid)
      await expect(store.write([put('')])).rejects.toMatchObject(invalid)
      await expect(list(store, { prefix: '\ud83d' })).rejects.toMatchObject(invalid)
      await expect(list(store, { prefix: '', after: '\ud83d' })).rejects.toMatchObject(invalid)
    })

    it('says so when it is used after it was closed', async () => {
      await store.write([put('a'), put('b')])
      const running = store.scan({ prefix: '' })[Symbol.asyncIterator]()
      await running.next()
      await store.close()
      await store.close()
      const closed = { code: 'store_closed' }
      await expect(running.next()).rejects.toMatchObject(closed)
      await expect(store.get('a')).rejects.toMatchObject(closed)
      await expect(store.getMany(['a'])).rejects.toMatchObject(closed)
      await expect(store.write([put('a')])).rejects.toMatchObject(closed)
      await expect(store.write([])).rejects.toMatchObject(closed)
      await expect(list(store, { prefix: '' })).rejects.toMatchObject(closed)
    })

    it('gives everything again when it is reopened', async () => {
      if (!fixture.durable) return
      await store.write([put('a'), put('b'), remove('a')])
      await store.close()
      store = await fixture.open()
      expect(await list(store, { prefix: '' })).toEqual([{ key: 'b', value: utf8.encode('b') }])
    })

    it('scans like a sorted list', async () => {
      const key = fc.string({
        unit: fc.constantFrom('a', 'b', '/', '\u{7ff}', '\u{ffee}', '\u{1f600}'),
        minLength: 1,
        maxLength: 4,
      })
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(key, { maxLength: 12 }),
          fc.string({ unit: fc.constantFrom('a', '/', '\u{1f600}'), maxLength: 2 }),
          fc.option(key, { nil: undefined }),
          fc.boolean(),
          fc.integer({ min: 1, max: 12 }),
          async (keys, prefix, after, reverse, limit) => {
            await store.write((await keysOf(store, { prefix: '' })).map(remove))
            await store.write(keys.map((name) => put(name)))
            const ordered = keys.toSorted((left, right) =>
              Buffer.compare(Buffer.from(left), Buffer.from(right)),
            )
            const beyond = (name: string): boolean => {
              if (after === undefined) return true
              const order = Buffer.compare(Buffer.from(name), Buffer.from(after))
              return reverse ? order < 0 : order > 0
            }
            const expected = (reverse ? ordered.toReversed() : ordered)
              .filter((name) => name.startsWith(prefix) && beyond(name))
              .slice(0, limit)
            const scan = { prefix, reverse, limit, ...(after === undefined ? {} : { after }) }
            expect(await keysOf(store, scan)).toEqual(expected)
          },
        ),
        { numRuns: 60 },
      )
    })
  })
}

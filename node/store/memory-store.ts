import type { StoredRecord, Write } from '../../protocol/records/record.ts'
import { compareKeys, firstIndex } from './key-order.ts'
import { assertKey, assertScan, closedError } from './store.ts'
import type { Scan, Store } from './store.ts'

interface Held {
  /** Ascending. */
  readonly keys: readonly string[]
  readonly values: ReadonlyMap<string, Uint8Array>
}

/** The in-memory twin of the LevelDB store, for simulations and tests. What it holds is gone with it. */
export function createMemoryStore(): Store {
  const values = new Map<string, Uint8Array>()
  // The keys of `values`, ascending. New keys mostly extend a range, so inserting moves few of them.
  const keys: string[] = []
  let closed = false
  let batches = 0

  function assertOpen(): void {
    if (closed) throw closedError()
  }

  function apply({ key, value }: Write): void {
    if (values.has(key) === (value === null)) {
      const at = firstIndex(keys, (other) => compareKeys(other, key) >= 0)
      if (value === null) keys.splice(at, 1)
      else keys.splice(at, 0, key)
    }
    if (value === null) values.delete(key)
    else values.set(key, new Uint8Array(value))
  }

  function read(key: string): Uint8Array | undefined {
    assertKey(key)
    const value = values.get(key)
    return value === undefined ? undefined : new Uint8Array(value)
  }

  async function* scanOf(held: Held, scan: Scan): AsyncGenerator<StoredRecord> {
    assertOpen()
    assertScan(scan)
    for (const record of select(held, scan)) {
      yield record
      assertOpen()
    }
  }

  return {
    async write(batch) {
      assertOpen()
      for (const { key } of batch) assertKey(key)
      for (const write of batch) apply(write)
      if (batch.length > 0) batches += 1
    },
    async get(key) {
      assertOpen()
      return read(key)
    },
    async getMany(wanted) {
      assertOpen()
      return wanted.map(read)
    },
    scan: (scan) => scanOf({ keys, values }, scan),
    async snapshot() {
      assertOpen()
      // Values are replaced, never changed in place.
      const held = { keys: [...keys], values: new Map(values) }
      return { position: batches, scan: (scan) => scanOf(held, scan), close: async () => undefined }
    },
    async close() {
      closed = true
    },
  }
}

function select({ keys, values }: Held, scan: Scan): StoredRecord[] {
  const { from, to } = range(keys, scan)
  const limit = Math.max(0, Math.min(scan.limit ?? to - from, to - from))
  const selected = scan.reverse ? keys.slice(to - limit, to).reverse() : keys.slice(from, from + limit)
  return selected.map((key) => ({ key, value: new Uint8Array(values.get(key) ?? []) }))
}

/** Half-open range of indexes of the keys that have the prefix and lie beyond `after`. */
function range(keys: readonly string[], { prefix, after, reverse }: Scan): { from: number; to: number } {
  const start = firstIndex(keys, (key) => compareKeys(key, prefix) >= 0)
  const end = firstIndex(keys, (key) => compareKeys(key, prefix) > 0 && !key.startsWith(prefix))
  if (after === undefined) return { from: start, to: end }
  if (reverse) {
    const below = firstIndex(keys, (key) => compareKeys(key, after) >= 0)
    return { from: start, to: Math.max(start, Math.min(end, below)) }
  }
  const above = firstIndex(keys, (key) => compareKeys(key, after) > 0)
  return { from: Math.min(end, Math.max(start, above)), to: end }
}

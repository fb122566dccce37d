import { HOT_PREFIXES } from '../protocol/records/keys.ts'
import type { StoredRecord, Write } from '../protocol/records/record.ts'
import type { Range, Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'

/**
 * A disk with one ordered log. Batches are atomic and become durable in order. A crash keeps all that was
 * synced and, of the rest, some first batches: they may have reached the disk although nobody was told.
 */
export interface Disk {
  /** Reads what was written, synced or not, as a running process does. */
  get(key: string): Uint8Array | undefined
  records(): ReadonlyMap<string, Uint8Array>
  /** What a crash right now would leave at least. */
  durable(): ReadonlyMap<string, Uint8Array>
  write(position: number, writes: readonly Write[]): void
  /** Forgets who waits, too: the process that waited is gone. */
  crash(): void
  /** Takes out what has these prefixes, then writes the rest, for good. Only while no process runs. */
  rewrite(prefixes: readonly string[], ends: readonly Write[]): void
  /** Everything is gone, as on a new disk. Only while no process runs. */
  wipe(): void
  /** Hot records in key order, as they are read at a start. */
  hotRecords(): readonly StoredRecord[]
  /** Called with the newest durable position whenever it rises. One listener, the running process. */
  onSynced(listener: (position: number) => void): void
  setSyncMs(syncMs: Range): void
}

export interface DiskOptions {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly syncMs: Range
}

interface Batch {
  readonly position: number
  readonly writes: readonly Write[]
}

export function createDisk({ scheduler, random, syncMs: initial }: DiskOptions): Disk {
  let written = new Map<string, Uint8Array>()
  const durable = new Map<string, Uint8Array>()
  let unsynced: Batch[] = []
  let syncing = false
  let process = 0
  let syncMs = initial
  let listener: (position: number) => void = () => undefined

  const makeDurable = (batches: readonly Batch[]) => {
    for (const { writes } of batches) for (const write of writes) applyWrite(durable, write)
  }

  /** Group commit: one sync covers all that was written when it began; the next begins when it has ended. */
  const sync = () => {
    const covered = unsynced.length
    const { position } = unsynced.at(-1) ?? { position: 0 }
    const startedBy = process
    syncing = true
    scheduler.after(random.between(syncMs), () => {
      if (startedBy !== process) return
      makeDurable(unsynced.splice(0, covered))
      syncing = false
      if (unsynced.length > 0) sync()
      listener(position)
    })
  }

  return {
    get: (key) => written.get(key),
    records: () => written,
    durable: () => durable,
    write(position, writes) {
      for (const write of writes) applyWrite(written, write)
      unsynced.push({ position, writes })
      if (!syncing) sync()
    },
    crash() {
      makeDurable(unsynced.slice(0, random.below(unsynced.length + 1)))
      unsynced = []
      written = new Map(durable)
      syncing = false
      process += 1
      listener = () => undefined
    },
    rewrite(prefixes, ends) {
      for (const key of written.keys())
        if (prefixes.some((prefix) => key.startsWith(prefix))) applyWrite(durable, { key, value: null })
      for (const write of ends) applyWrite(durable, write)
      written = new Map(durable)
    },
    wipe() {
      durable.clear()
      written = new Map()
    },
    hotRecords() {
      const hot = [...written].filter(([key]) => HOT_PREFIXES.some((prefix) => key.startsWith(prefix)))
      return hot.map(([key, value]) => ({ key, value })).sort((a, b) => (a.key < b.key ? -1 : 1))
    },
    onSynced: (next) => {
      listener = next
    },
    setSyncMs: (next) => {
      syncMs = next
    },
  }
}

function applyWrite(records: Map<string, Uint8Array>, { key, value }: Write): void {
  if (value === null) records.delete(key)
  else records.set(key, value)
}

import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import type { Write } from '../../protocol/records/record.ts'
import { loadOrCreateIdentity } from './keystore.ts'
import { list } from './store.acceptance.ts'
import { openStore, type StorePaths } from './store-recovery.ts'

export const MARK = 'store.mark'
export const RECURSIVE = { recursive: true }

export function pathsOf(root: string): StorePaths {
  return { root, store: join(root, 'store') }
}

export const put = (key: string, bytes = 100): Write => ({ key, value: new Uint8Array(randomBytes(bytes)) })

export async function flip(file: string, at: number): Promise<void> {
  const bytes = await readFile(file)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
  await writeFile(file, bytes)
}

/** Before each test a data folder that has its key and its mark; `base`, around it, takes copies. */
export function recoveryFolder() {
  let base = ''
  let paths = pathsOf(base)
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'hyperlooms-recovery-'))
    paths = pathsOf(join(base, 'peer'))
    await loadOrCreateIdentity(paths.root)
  })
  afterEach(() => rm(base, RECURSIVE))

  const open = (at = paths, hasPeers = true) => openStore(at, { hasPeers })

  async function contents(at = paths): Promise<ReadonlyMap<string, string>> {
    const { store } = await open(at, false)
    try {
      const records = await list(store, { prefix: '' })
      return new Map(records.map(({ key, value }) => [key, Buffer.from(value).toString('hex')]))
    } finally {
      await store.close()
    }
  }

  /** Batches, each overwriting one record and adding one, in `starts` runs: all but the last end in tables. */
  async function fill(starts: number, batches: number): Promise<void> {
    for (let start = 0; start < starts; start += 1) {
      const { store } = await open()
      for (let at = 0; at < batches; at += 1)
        await store.write([put('account/a'), put(`entry/${start}/${at}`)])
      await store.close()
    }
  }

  async function copyTo(name: string): Promise<StorePaths> {
    const copy = pathsOf(join(base, name))
    await cp(paths.root, copy.root, RECURSIVE)
    return copy
  }

  async function storeFiles(pattern: RegExp): Promise<readonly string[]> {
    return (await readdir(paths.store)).filter((name) => pattern.test(name))
  }

  return {
    get base() {
      return base
    },
    get paths() {
      return paths
    },
    open,
    contents,
    fill,
    copyTo,
    storeFiles,
  }
}

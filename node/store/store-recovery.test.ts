import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Write } from '../../protocol/records/record.ts'
import { loadOrCreateIdentity } from './keystore.ts'
import { openLevelStore } from './level-store.ts'
import { openStore, type StorePaths } from './store-recovery.ts'
import { list } from './store.acceptance.ts'
import { createStoreMark, readStoreMark, replaceStoreMark, StoreMark } from './store-mark.ts'

const MARK = 'store.mark'
const RECURSIVE = { recursive: true }

let base: string
let paths: StorePaths

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'hyperlooms-recovery-'))
  paths = pathsOf(join(base, 'peer'))
  await loadOrCreateIdentity(paths.root)
})
afterEach(() => rm(base, { recursive: true }))

function pathsOf(root: string): StorePaths {
  return { root, store: join(root, 'store') }
}

const open = (at = paths, hasPeers = true) => openStore(at, { hasPeers })
const put = (key: string, bytes = 100): Write => ({ key, value: new Uint8Array(randomBytes(bytes)) })

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
    for (let at = 0; at < batches; at += 1) await store.write([put('account/a'), put(`entry/${start}/${at}`)])
    await store.close()
  }
}

async function copyTo(name: string): Promise<StorePaths> {
  const copy = pathsOf(join(base, name))
  await cp(paths.root, copy.root, { recursive: true })
  return copy
}

async function storeFiles(pattern: RegExp): Promise<readonly string[]> {
  return (await readdir(paths.store)).filter((name) => pattern.test(name))
}

async function flip(file: string, at: number): Promise<void> {
  const bytes = await readFile(file)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
  await writeFile(file, bytes)
}

describe('opening the store', () => {
  it('opens a new one, and the same again', async () => {
    const first = await open(paths, false)
    expect(first).toMatchObject({ amnesia: false, state: { status: 'sound' } })
    await first.store.write([put('a')])
    await first.store.close()
    expect([...(await contents()).keys()]).toEqual(['a'])
  })

  it('opens a new one after a first start that no file could be written in', async () => {
    const root = join(base, 'full')
    await mkdir(root)
    const url = new URL('keystore.ts', import.meta.url).href
    const script = `const { loadOrCreateIdentity } = await import(${JSON.stringify(url)})
      await loadOrCreateIdentity(${JSON.stringify(root)})`
    // No file may grow: writing the mark fails, or kills, once the file is there.
    const shell = 'ulimit -f 0 && exec "$0" "$@"'
    const first = spawn('sh', ['-c', shell, process.execPath, '--input-type=module', '--eval', script])
    const [code] = await once(first, 'exit')
    expect(code).not.toBe(0)
    expect((await readdir(root)).length).toBeLessThan(2)

    await loadOrCreateIdentity(root)
    const opened = await open(pathsOf(root), false)
    expect(opened).toMatchObject({ amnesia: false, state: { status: 'sound' } })
    await opened.store.close()
  })

  it('takes over a store without a name and a mark', async () => {
    await rm(join(paths.root, MARK))
    const old = await openLevelStore(paths.store)
    await old.write([put('a')])
    await old.close()
    expect([...(await contents()).keys()]).toEqual(['a'])
    await rm(paths.store, { recursive: true })
    await expect(open(paths, false)).rejects.toMatchObject({ code: 'store_damaged' })
  })

  it.each([
    ['whose table is damaged', async () => {}],
    ['that is gone once it has its mark', () => rm(paths.store, RECURSIVE)],
  ])('forgets a store without a name and a mark for good %s', async (_, after) => {
    await rm(join(paths.root, MARK))
    for (let start = 0; start < 2; start += 1) {
      const old = await openLevelStore(paths.store)
      await old.write([put('a', 1_000)])
      await old.close()
    }
    const [table] = await storeFiles(/\.ldb$/)
    await flip(join(paths.store, table ?? ''), 60)
    await expect(open(paths, false)).rejects.toMatchObject({ code: 'store_damaged' })
    await createStoreMark(paths.root, { adopted: true })
    await after()
    const opened = await open()
    expect(opened).toMatchObject({ amnesia: true, state: { status: 'replaced' } })
    await opened.store.close()
  })

  it('leaves a damaged store without a name and a mark as it is', async () => {
    await rm(join(paths.root, MARK))
    const old = await openLevelStore(paths.store)
    for (let at = 0; at < 3; at += 1) await old.write([put('a')])
    await old.close()
    const [log = ''] = await storeFiles(/\.log$/)
    await flip(join(paths.store, log), 60)
    const before = await readFile(join(paths.store, log))
    await expect(open(paths, false)).rejects.toMatchObject({ code: 'store_damaged' })
    expect(await readFile(join(paths.store, log))).toEqual(before)
  })

  it('refuses the store of a newer program', async () => {
    const mark = await readFile(join(paths.root, MARK))
    // Checksummed anew, as the newer program would.
    const { crc32 } = await import('node:zlib')
    for (const offset of [0, 4_096]) {
      mark[offset + 7] = 2
      mark.writeUInt32LE(crc32(mark.subarray(offset, offset + 33)), offset + 33)
    }
    await writeFile(join(paths.root, MARK), mark)
    await expect(open()).rejects.toMatchObject({ code: 'store_version_unknown' })
  })
})

describe('a damaged store', () => {
  const damages: readonly (readonly [string, string, () => Promise<unknown>])[] = [
    ['is gone', 'store_missing', () => rm(paths.store, { recursive: true })],
    ['has no CURRENT', 'store_missing', () => rm(join(paths.store, 'CURRENT'))],
    [
      'was exchanged for another one',
      'store_foreign',
      async () => {
        const other = pathsOf(join(base, 'other'))
        await loadOrCreateIdentity(other.root)
        await (await open(other)).store.close()
        await rm(paths.store, { recursive: true })
        await rename(other.store, paths.store)
      },
    ],
    [
      'was put back from an earlier copy',
      'batches_lost',
      async () => {
        await copyTo('earlier')
        await fill(1, 3)
        await rm(paths.store, { recursive: true })
        await rename(join(base, 'earlier', 'store'), paths.store)
      },
    ],
    ['lost its mark', 'mark_lost', () => rm(join(paths.root, MARK))],
    ['has an unreadable mark', 'mark_lost', () => writeFile(join(paths.root, MARK), Buffer.alloc(8_192))],
    [
      'and its mark are gone',
      'mark_lost',
      () => Promise.all([MARK, 'store'].map((name) => rm(join(paths.root, name), { recursive: true }))),
    ],
  ]

  it.each(damages)('that %s is moved aside, and forgotten for good', async (_, code, damage) => {
    await fill(1, 3)
    await damage()
    await expect(open(await copyTo('alone'), false)).rejects.toMatchObject({ code: 'store_damaged' })

    const before = (await readdir(paths.root)).includes('store')
    const { store, state, amnesia } = await open()
    expect(amnesia).toBe(true)
    expect(state).toMatchObject({ status: 'replaced', damage: { code } })
    expect(await list(store, { prefix: '' })).toEqual([])
    await store.write([put('b')])
    await store.close()
    const aside = (await readdir(paths.root)).filter((name) => name.startsWith('store.damaged-'))
    expect(aside).toHaveLength(before ? 1 : 0)

    const again = await open()
    expect(again).toMatchObject({ amnesia: true, state: { status: 'sound' } })
    await again.store.close()
  })

  it('that was moved aside before the new one was named is replaced all the same', async () => {
    await fill(1, 3)
    await rename(paths.store, join(paths.root, 'store.damaged-by-hand'))
    const replaced = await open()
    await replaced.store.close()
    await rm(paths.store, { recursive: true })
    const again = await open()
    expect(again).toMatchObject({ amnesia: true, state: { status: 'replaced' } })
    await again.store.close()
  })

  it.each(['before it was moved', 'after it was moved'])(
    'of which a kill %s left a part of the way is forgotten all the same',
    async (when) => {
      await replaceStoreMark(paths.root, { condemned: true })
      if (when === 'after it was moved') await rm(paths.store, { ...RECURSIVE, force: true })
      else await (await openLevelStore(paths.store)).close()
      const again = await open()
      const damage = { code: 'replacement_interrupted' }
      expect(again).toMatchObject({ amnesia: true, state: { status: 'replaced', damage } })
      await again.store.close()
    },
  )

  it('moves nothing before the mark says that something was lost', async () => {
    await fill(1, 3)
    await rm(join(paths.store, 'CURRENT'))
    // The new mark can't be written, as on a full disk.
    await mkdir(join(paths.root, `${MARK}.tmp`))
    await expect(open()).rejects.toThrow(/EISDIR/)
    expect(await readdir(paths.root)).toContain('store')
    await rm(join(paths.root, `${MARK}.tmp`), RECURSIVE)
    const again = await open()
    expect(again).toMatchObject({ amnesia: true, state: { status: 'replaced' } })
    await again.store.close()
  })

  it.each([0, 4_096])('is not used again if a kill let only the place at %i say so', async (offset) => {
    await fill(1, 1)
    const file = join(paths.root, MARK)
    const reading = await readStoreMark(paths.root)
    if (reading.status !== 'read') throw new Error('unreachable')
    const mark = new StoreMark(paths.root, reading)
    mark.settle({})
    const before = await readFile(file)
    mark.settle({ condemned: true })
    mark.close()
    const after = await readFile(file)
    before.set(after.subarray(offset, offset + 4_096), offset)
    await writeFile(file, before)
    const again = await open()
    expect(again.state).toMatchObject({ status: 'replaced', damage: { code: 'record_damaged' } })
    await again.store.close()
  })

  it('with a record that fails its own checksum is not used again', async () => {
    await fill(1, 1)
    const database = await openLevelStore(paths.store)
    await database.close()
    const { Level } = await import('level')
    const raw = new Level<string, Uint8Array>(paths.store, { valueEncoding: 'view', compression: false })
    await raw.put('account/a', new Uint8Array(20))
    await raw.close()
    const { store } = await open()
    await expect(store.get('account/a')).rejects.toMatchObject({ code: 'store_corrupt' })
    await store.close()
    const again = await open()
    expect(again.state).toMatchObject({ status: 'replaced', damage: { code: 'record_damaged' } })
    await again.store.close()
  })

  it('is found whichever byte was changed, or holds what it held', async () => {
    await fill(2, 12)
    const expected = await (async () => {
      const copy = await copyTo('expected')
      return contents(copy)
    })()
    let found = 0
    let tried = 0
    for (const name of [...(await storeFiles(/^CURRENT$|^MANIFEST|\.log$|\.ldb$/)), `../${MARK}`]) {
      const size = (await readFile(join(paths.store, name))).length
      const step = Math.max(1, Math.floor(size / 50))
      for (let at = 0; at < size; at += step) {
        const copy = await copyTo('flipped')
        await flip(join(copy.store, name), at)
        tried += 1
        found += await soundOrNamed(copy, expected, `${name} at ${at}`)
        await rm(copy.root, { recursive: true })
      }
    }
    expect(tried).toBeGreaterThan(150)
    // Padding, unused fields and one of the mark's two places may change without a loss.
    expect(found).toBeGreaterThan(tried / 2)
  })

  it('is found wherever a file was cut, or holds what it held', async () => {
    await fill(2, 12)
    const copy = await copyTo('expected')
    const expected = await contents(copy)
    for (const name of [...(await storeFiles(/^CURRENT$|^MANIFEST|\.log$|\.ldb$/)), `../${MARK}`]) {
      const size = (await readFile(join(paths.store, name))).length
      const step = Math.max(1, Math.floor(size / 25))
      for (let at = 0; at < size; at += step) {
        const cut = await copyTo('cut')
        await truncate(join(cut.store, name), at)
        const found = await soundOrNamed(cut, expected, `${name} at ${at}`)
        if (/log|ldb|CURRENT/.test(name)) expect(found, `${name} at ${at}`).toBe(1)
        await rm(cut.root, { recursive: true })
      }
    }
  })
})

/** 1 if the damage was named; 0 if nothing is missing; anything else fails. */
async function soundOrNamed(
  at: StorePaths,
  expected: ReadonlyMap<string, string>,
  what: string,
): Promise<number> {
  try {
    expect(await contents(at), what).toEqual(expected)
    return 0
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'store_damaged') return 1
    throw error
  }
}

describe('a store that another process has open', () => {
  it.each([
    ['as it is', async () => {}],
    ['and that looks damaged', () => rm(join(paths.store, 'CURRENT'))],
    ['and whose mark is gone', () => rm(join(paths.root, MARK))],
  ])('stays where it is, %s', async (_, damage) => {
    await fill(1, 3)
    const url = new URL('level-store.ts', import.meta.url).href
    const script = `const { openLevelStore } = await import(${JSON.stringify(url)})
      await openLevelStore(${JSON.stringify(paths.store)})
      console.log('open')
      process.stdin.resume()`
    const other = spawn(process.execPath, ['--input-type=module', '--eval', script])
    try {
      await once(other.stdout, 'data')
      await damage()
      const names = await readdir(paths.root)
      for (const hasPeers of [true, false]) {
        await expect(open(paths, hasPeers)).rejects.toMatchObject({ code: 'store_locked' })
      }
      expect(await readdir(paths.root)).toEqual(names)
    } finally {
      other.kill('SIGKILL')
      await once(other, 'exit')
    }
  })
})

describe('a power failure', () => {
  it('raises no alarm if the batch in flight carries what looks like a record of the log', async () => {
    const { store } = await open()
    await store.write([put('a')])
    const mark = await readFile(join(paths.root, MARK))
    // Valid text, so a memo can be this; as a record of the log its checksum, length and type fit its data.
    const memo = Buffer.from('\u000fQIP\u0001\u0000\u00012')
    await store.write([{ key: 'b', value: new Uint8Array(Buffer.concat([memo, Buffer.alloc(400)])) }])
    await store.close()
    const [log] = await storeFiles(/\.log$/)
    const file = join(paths.store, log ?? '')
    await truncate(file, (await readFile(file)).length - 50)
    await writeFile(join(paths.root, MARK), mark)
    expect([...(await contents()).keys()]).toEqual(['a'])
  })

  it('raises no alarm: any end of the batch in flight, a mark from any time before', async () => {
    const { store } = await open()
    await store.write([put('a')])
    const marks = [await readFile(join(paths.root, MARK))]
    for (let at = 0; at < 3; at += 1) {
      await store.write([put('a'), put(`b/${at}`, 40_000)])
      marks.push(await readFile(join(paths.root, MARK)))
    }
    const [log] = await storeFiles(/\.log$/)
    const synced = (await readFile(join(paths.store, log ?? ''))).length
    const before = await copyTo('synced')
    await store.write([put('a'), put('c', 70_000)])
    await store.close()
    const after = await readFile(join(paths.store, log ?? ''))
    const expected = await contents(before)
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: synced, max: after.length }),
        fc.constantFrom(...marks),
        fc.constantFrom('cut', 'zeros', 'later page first'),
        async (end, mark, kind) => {
          const copy = await copyTo('failed')
          const bytes = Buffer.from(after)
          if (kind === 'later page first') bytes.fill(0, synced, end)
          else bytes.fill(0, end)
          await writeFile(join(copy.store, log ?? ''), kind === 'cut' ? bytes.subarray(0, end) : bytes)
          await writeFile(join(copy.root, MARK), mark)
          const found = await contents(copy)
          if (end < after.length && kind !== 'later page first') expect(found).toEqual(expected)
          await rm(copy.root, { recursive: true })
        },
      ),
      { numRuns: 60 },
    )
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadOrCreateIdentity } from './keystore.ts'
import { openLevelStore } from './level-store.ts'
import { createStoreMark } from './store-mark.ts'
import { flip, MARK, pathsOf, put, RECURSIVE, recoveryFolder } from './recovery-folder.acceptance.ts'

const folder = recoveryFolder()
const { contents, fill, open, storeFiles } = folder

describe('opening the store', () => {
  it('opens a new one, and the same again', async () => {
    const first = await open(folder.paths, false)
    expect(first).toMatchObject({ amnesia: false, state: { status: 'sound' } })
    await first.store.write([put('a')])
    await first.store.close()
    expect([...(await contents()).keys()]).toEqual(['a'])
  })

  it('opens a new one after a first start that no file could be written in', async () => {
    const root = join(folder.base, 'full')
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
    await rm(join(folder.paths.root, MARK))
    const old = await openLevelStore(folder.paths.store)
    await old.write([put('a')])
    await old.close()
    expect([...(await contents()).keys()]).toEqual(['a'])
    await rm(folder.paths.store, { recursive: true })
    await expect(open(folder.paths, false)).rejects.toMatchObject({ code: 'store_damaged' })
  })

  it.each([
    ['whose table is damaged', async () => {}],
    ['that is gone once it has its mark', () => rm(folder.paths.store, RECURSIVE)],
  ])('forgets a store without a name and a mark for good %s', async (_, after) => {
    await rm(join(folder.paths.root, MARK))
    for (let start = 0; start < 2; start += 1) {
      const old = await openLevelStore(folder.paths.store)
      await old.write([put('a', 1_000)])
      await old.close()
    }
    const [table] = await storeFiles(/\.ldb$/)
    await flip(join(folder.paths.store, table ?? ''), 60)
    await expect(open(folder.paths, false)).rejects.toMatchObject({ code: 'store_damaged' })
    await createStoreMark(folder.paths.root, { adopted: true })
    await after()
    const opened = await open()
    expect(opened).toMatchObject({ amnesia: true, state: { status: 'replaced' } })
    await opened.store.close()
  })

  it('leaves a damaged store without a name and a mark as it is', async () => {
    await rm(join(folder.paths.root, MARK))
    const old = await openLevelStore(folder.paths.store)
    for (let at = 0; at < 3; at += 1) await old.write([put('a')])
    await old.close()
    const [log = ''] = await storeFiles(/\.log$/)
    await flip(join(folder.paths.store, log), 60)
    const before = await readFile(join(folder.paths.store, log))
    await expect(open(folder.paths, false)).rejects.toMatchObject({ code: 'store_damaged' })
    expect(await readFile(join(folder.paths.store, log))).toEqual(before)
  })

  it('refuses the store of a newer program', async () => {
    const mark = await readFile(join(folder.paths.root, MARK))
    // Checksummed anew, as the newer program would.
    const { crc32 } = await import('node:zlib')
    for (const offset of [0, 4_096]) {
      mark[offset + 7] = 2
      mark.writeUInt32LE(crc32(mark.subarray(offset, offset + 33)), offset + 33)
    }
    await writeFile(join(folder.paths.root, MARK), mark)
    await expect(open()).rejects.toMatchObject({ code: 'store_version_unknown' })
  })
})

describe('a store that another process has open', () => {
  it.each([
    ['as it is', async () => {}],
    ['and that looks damaged', () => rm(join(folder.paths.store, 'CURRENT'))],
    ['and whose mark is gone', () => rm(join(folder.paths.root, MARK))],
  ])('stays where it is, %s', async (_, damage) => {
    await fill(1, 3)
    const url = new URL('level-store.ts', import.meta.url).href
    const script = `const { openLevelStore } = await import(${JSON.stringify(url)})
      await openLevelStore(${JSON.stringify(folder.paths.store)})
      console.log('open')
      process.stdin.resume()`
    const other = spawn(process.execPath, ['--input-type=module', '--eval', script])
    try {
      await once(other.stdout, 'data')
      await damage()
      const names = await readdir(folder.paths.root)
      for (const hasPeers of [true, false]) {
        await expect(open(folder.paths, hasPeers)).rejects.toMatchObject({ code: 'store_locked' })
      }
      expect(await readdir(folder.paths.root)).toEqual(names)
    } finally {
      other.kill('SIGKILL')
      await once(other, 'exit')
    }
  })
})

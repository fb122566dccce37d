import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadOrCreateIdentity } from './keystore.ts'
import { openLevelStore } from './level-store.ts'
import { list } from './store.acceptance.ts'
import { readStoreMark, replaceStoreMark, StoreMark } from './store-mark.ts'
import { MARK, pathsOf, put, RECURSIVE, recoveryFolder } from './recovery-folder.acceptance.ts'

const folder = recoveryFolder()
const { copyTo, fill, open } = folder

describe('a damaged store', () => {
  const damages: readonly (readonly [string, string, () => Promise<unknown>])[] = [
    ['is gone', 'store_missing', () => rm(folder.paths.store, { recursive: true })],
    ['has no CURRENT', 'store_missing', () => rm(join(folder.paths.store, 'CURRENT'))],
    [
      'was exchanged for another one',
      'store_foreign',
      async () => {
        const other = pathsOf(join(folder.base, 'other'))
        await loadOrCreateIdentity(other.root)
        await (await open(other)).store.close()
        await rm(folder.paths.store, { recursive: true })
        await rename(other.store, folder.paths.store)
      },
    ],
    [
      'was put back from an earlier copy',
      'batches_lost',
      async () => {
        await copyTo('earlier')
        await fill(1, 3)
        await rm(folder.paths.store, { recursive: true })
        await rename(join(folder.base, 'earlier', 'store'), folder.paths.store)
      },
    ],
    ['lost its mark', 'mark_lost', () => rm(join(folder.paths.root, MARK))],
    [
      'has an unreadable mark',
      'mark_lost',
      () => writeFile(join(folder.paths.root, MARK), Buffer.alloc(8_192)),
    ],
    [
      'and its mark are gone',
      'mark_lost',
      () =>
        Promise.all([MARK, 'store'].map((name) => rm(join(folder.paths.root, name), { recursive: true }))),
    ],
  ]

  it.each(damages)('that %s is moved aside, and forgotten for good', async (_, code, damage) => {
    await fill(1, 3)
    await damage()
    await expect(open(await copyTo('alone'), false)).rejects.toMatchObject({ code: 'store_damaged' })

    const before = (await readdir(folder.paths.root)).includes('store')
    const { store, state, amnesia } = await open()
    expect(amnesia).toBe(true)
    expect(state).toMatchObject({ status: 'replaced', damage: { code } })
    expect(await list(store, { prefix: '' })).toEqual([])
    await store.write([put('b')])
    await store.close()
    const aside = (await readdir(folder.paths.root)).filter((name) => name.startsWith('store.damaged-'))
    expect(aside).toHaveLength(before ? 1 : 0)

    const again = await open()
    expect(again).toMatchObject({ amnesia: true, state: { status: 'sound' } })
    await again.store.close()
  })

  it('that was moved aside before the new one was named is replaced all the same', async () => {
    await fill(1, 3)
    await rename(folder.paths.store, join(folder.paths.root, 'store.damaged-by-hand'))
    const replaced = await open()
    await replaced.store.close()
    await rm(folder.paths.store, { recursive: true })
    const again = await open()
    expect(again).toMatchObject({ amnesia: true, state: { status: 'replaced' } })
    await again.store.close()
  })

  it.each(['before it was moved', 'after it was moved'])(
    'of which a kill %s left a part of the way is forgotten all the same',
    async (when) => {
      await replaceStoreMark(folder.paths.root, { condemned: true })
      if (when === 'after it was moved') await rm(folder.paths.store, { ...RECURSIVE, force: true })
      else await (await openLevelStore(folder.paths.store)).close()
      const again = await open()
      const damage = { code: 'replacement_interrupted' }
      expect(again).toMatchObject({ amnesia: true, state: { status: 'replaced', damage } })
      await again.store.close()
    },
  )

  it('moves nothing before the mark says that something was lost', async () => {
    await fill(1, 3)
    await rm(join(folder.paths.store, 'CURRENT'))
    // The new mark can't be written, as on a full disk.
    await mkdir(join(folder.paths.root, `${MARK}.tmp`))
    await expect(open()).rejects.toThrow(/EISDIR/)
    expect(await readdir(folder.paths.root)).toContain('store')
    await rm(join(folder.paths.root, `${MARK}.tmp`), RECURSIVE)
    const again = await open()
    expect(again).toMatchObject({ amnesia: true, state: { status: 'replaced' } })
    await again.store.close()
  })

  it.each([0, 4_096])('is not used again if a kill let only the place at %i say so', async (offset) => {
    await fill(1, 1)
    const file = join(folder.paths.root, MARK)
    const reading = await readStoreMark(folder.paths.root)
    if (reading.status !== 'read') throw new Error('unreachable')
    const mark = new StoreMark(folder.paths.root, reading)
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
    const database = await openLevelStore(folder.paths.store)
    await database.close()
    const { Level } = await import('level')
    const raw = new Level<string, Uint8Array>(folder.paths.store, {
      valueEncoding: 'view',
      compression: false,
    })
    await raw.put('account/a', new Uint8Array(20))
    await raw.close()
    const { store } = await open()
    await expect(store.get('account/a')).rejects.toMatchObject({ code: 'store_corrupt' })
    await store.close()
    const again = await open()
    expect(again.state).toMatchObject({ status: 'replaced', damage: { code: 'record_damaged' } })
    await again.store.close()
  })
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLevelStore } from './level-store.ts'
import { createMemoryStore } from './memory-store.ts'
import { describeStore, list } from './store.acceptance.ts'

const temporaryDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), 'hyperlooms-store-'))

describeStore('memory store', async () => ({
  open: async () => createMemoryStore(),
  durable: false,
  remove: async () => {},
}))

describeStore('level store', async () => {
  const directory = await temporaryDirectory()
  return {
    open: () => openLevelStore(join(directory, 'nested', 'database')),
    durable: true,
    remove: () => rm(directory, { recursive: true }),
  }
})

describe('level store on disk', () => {
  let directory: string
  beforeEach(async () => {
    directory = await temporaryDirectory()
  })
  afterEach(() => rm(directory, { recursive: true }))

  it.each([
    [
      'a flipped bit',
      (value: Uint8Array) => value.map((byte, at) => (at === value.length - 1 ? byte ^ 1 : byte)),
    ],
    [
      'a flipped bit of the checksum',
      (value: Uint8Array) => value.map((byte, at) => (at === 0 ? byte ^ 1 : byte)),
    ],
    ['a cut value', (value: Uint8Array) => value.subarray(0, -1)],
    ['a value without a checksum', () => new Uint8Array(2)],
    ['an empty value', () => new Uint8Array(0)],
  ])('names the record that has %s', async (_, damage) => {
    await damageRecord(directory, damage)
    const store = await openLevelStore(directory)
    const corrupt = { code: 'store_corrupt', key: 'vote/1' }
    await expect(store.get('vote/1')).rejects.toMatchObject(corrupt)
    await expect(store.getMany(['vote/0', 'vote/1'])).rejects.toMatchObject(corrupt)
    await expect(list(store, { prefix: '' })).rejects.toMatchObject(corrupt)
    expect(await store.get('vote/0')).toEqual(Uint8Array.of(1, 2, 3))
    await store.close()
  })

  it('notices a value that was moved to another key', async () => {
    await damageRecord(directory, (_, other) => other)
    const store = await openLevelStore(directory)
    await expect(store.get('vote/1')).rejects.toMatchObject({ code: 'store_corrupt' })
    await store.close()
  })

  it('says what to do when another process has it open', async () => {
    const store = await openLevelStore(directory)
    await expect(openLevelStore(directory)).rejects.toMatchObject({
      code: 'store_locked',
      message: expect.stringMatching(/Stop that one/),
    })
    await store.close()
    await (await openLevelStore(directory)).close()
  })
})

/** Two records as the store writes them, the second one then changed behind its back. */
async function damageRecord(
  directory: string,
  damage: (value: Uint8Array, other: Uint8Array) => Uint8Array,
): Promise<void> {
  const store = await openLevelStore(directory)
  const value = Uint8Array.of(1, 2, 3)
  await store.write([
    { key: 'vote/0', value },
    { key: 'vote/1', value },
  ])
  await store.close()
  const database = new Level<string, Uint8Array>(directory, { valueEncoding: 'view' })
  const [sealed, other] = await Promise.all([database.get('vote/1'), database.get('vote/0')])
  await database.put('vote/1', damage(sealed, other))
  await database.close()
}

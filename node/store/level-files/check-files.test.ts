import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLevelStore } from '../level-store.ts'
import { batchNumber } from '../own-records.ts'
import { checkLevelFiles } from './check-files.ts'
import { crc32c } from './crc32c.ts'
import { readLogFile } from './log-file.ts'
import { LevelDamage } from './reader.ts'

/** Header of a log's record. */
const HEADER_BYTES = 7
const BLOCK_BYTES = 32_768

let directory: string
let log: string
let next: string
let bytes: Uint8Array

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hyperlooms-level-'))
  const store = await openLevelStore(directory)
  for (let at = 0; at < 6; at += 1) await store.write([{ key: `k/${at}`, value: new Uint8Array(50) }])
  await store.close()
  const name = (await readdir(directory)).find((each) => each.endsWith('.log')) ?? ''
  log = join(directory, name)
  next = join(directory, '000009.log')
  bytes = await readFile(log)
})
afterEach(() => rm(directory, { recursive: true }))

/** Of a store without a name. */
const numberOf = batchNumber(undefined)
const isBatch = (piece: Uint8Array) => numberOf(piece) !== undefined
const check = () => checkLevelFiles(directory, numberOf)

/** Where the record of a batch begins: all six lie in the first block. */
function startOf(batch: number): number {
  const lengths = readLogFile(bytes, isBatch).records.map(({ length }) => HEADER_BYTES + length)
  return lengths.slice(0, batch).reduce((sum, length) => sum + length, 0)
}

/** The log of another store, which has a batch for each of these sizes. */
async function logOf(name: string, sizes: readonly number[]) {
  const store = await openLevelStore(join(directory, name))
  for (const size of sizes) await store.write([{ key: 'k', value: new Uint8Array(size) }])
  await store.close()
  const found = (await readdir(join(directory, name))).find((each) => each.endsWith('.log')) ?? ''
  const file = join(directory, name, found)
  return { file, bytes: new Uint8Array(await readFile(file)) }
}

describe('crc32c', () => {
  it('is Castagnoli’s', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, at) => at))).toBe(0x46dd794e)
    expect(crc32c(Buffer.from('xx123456789y'), 2, 11)).toBe(0xe3069283)
  })
})

describe('two logs that are both alive, as a full memory table leaves them', () => {
  async function split(firstEnd: number, secondStart: number): Promise<void> {
    await writeFile(next, bytes.subarray(secondStart))
    await writeFile(log, bytes.subarray(0, firstEnd))
  }

  it('are whole when the second goes on where the first ends', async () => {
    await split(startOf(3), startOf(3))
    await check()
  })

  it.each([
    ['the first one lost its last batch', 2, 3],
    ['the second one lost its first batch', 3, 4],
    ['the first one is empty', 0, 3],
  ])('are damaged when %s', async (_, first, second) => {
    await split(startOf(first), startOf(second))
    await expect(check()).rejects.toBeInstanceOf(LevelDamage)
  })

  it('are damaged when the first one ends within a batch', async () => {
    await split(startOf(3) - 1, startOf(3))
    await expect(check()).rejects.toMatchObject({ file: log.slice(directory.length + 1) })
  })

  it('may end torn in the second one, and a third one may be empty', async () => {
    await split(startOf(3), startOf(3))
    await writeFile(next, bytes.subarray(startOf(3), startOf(5) + 20))
    await writeFile(join(directory, '000011.log'), '')
    await check()
  })
})

describe('a log with a changed record', () => {
  it.each([0, 4, 20, 40])(
    'is damaged if one follows of which only %i bytes fit into a block',
    async (left) => {
      const rest = (await logOf('measured', [20_000])).bytes.length - 20_000
      const size = BLOCK_BYTES - HEADER_BYTES - left - rest
      const { file, bytes: long } = await logOf('long', [size, 100])
      long[100] = (long[100] ?? 0) ^ 1
      await writeFile(file, long)
      await expect(checkLevelFiles(dirname(file), numberOf)).rejects.toMatchObject({
        message: expect.stringMatching(/between others/),
      })
    },
  )

  it('is damaged if a record follows, even where LevelDB would drop both', async () => {
    const changed = Uint8Array.from(bytes)
    changed[startOf(3) + 4] = 0xff
    await writeFile(log, changed)
    expect(readLogFile(changed, isBatch).end).toBe('damaged')
    await expect(check()).rejects.toBeInstanceOf(LevelDamage)
  })

  it('counts as torn if it is the last one', async () => {
    const changed = Uint8Array.from(bytes)
    changed[startOf(5) + 9] = 0xff
    expect(readLogFile(changed, isBatch)).toMatchObject({ end: 'torn', records: { length: 5 } })
  })
})

it('misses a table and a MANIFEST that are gone', async () => {
  await (await openLevelStore(directory)).close()
  const names = await readdir(directory)
  for (const pattern of [/\.ldb$/, /^MANIFEST/]) {
    const name = names.find((each) => pattern.test(each)) ?? ''
    const file = join(directory, name)
    await copyFile(file, `${file}.kept`)
    await rm(file)
    await expect(check()).rejects.toMatchObject({ file: name })
    await copyFile(`${file}.kept`, file)
    await check()
  }
})

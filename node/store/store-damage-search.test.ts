import { readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { StorePaths } from './store-recovery.ts'
import { flip, MARK, recoveryFolder } from './recovery-folder.acceptance.ts'

const folder = recoveryFolder()
const { contents, copyTo, fill, storeFiles } = folder

describe('damage of a store', () => {
  it('is found whichever byte was changed, or holds what it held', async () => {
    await fill(2, 12)
    const expected = await (async () => {
      const copy = await copyTo('expected')
      return contents(copy)
    })()
    let found = 0
    let tried = 0
    for (const name of [...(await storeFiles(/^CURRENT$|^MANIFEST|\.log$|\.ldb$/)), `../${MARK}`]) {
      const size = (await readFile(join(folder.paths.store, name))).length
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
      const size = (await readFile(join(folder.paths.store, name))).length
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

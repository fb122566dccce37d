import { readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MARK, put, recoveryFolder } from './recovery-folder.acceptance.ts'

const folder = recoveryFolder()
const { contents, copyTo, open, storeFiles } = folder

describe('a power failure', () => {
  it('raises no alarm if the batch in flight carries what looks like a record of the log', async () => {
    const { store } = await open()
    await store.write([put('a')])
    const mark = await readFile(join(folder.paths.root, MARK))
    // Valid text, so a memo can be this; as a record of the log its checksum, length and type fit its data.
    const memo = Buffer.from('\u000fQIP\u0001\u0000\u00012')
    await store.write([{ key: 'b', value: new Uint8Array(Buffer.concat([memo, Buffer.alloc(400)])) }])
    await store.close()
    const [log] = await storeFiles(/\.log$/)
    const file = join(folder.paths.store, log ?? '')
    await truncate(file, (await readFile(file)).length - 50)
    await writeFile(join(folder.paths.root, MARK), mark)
    expect([...(await contents()).keys()]).toEqual(['a'])
  })

  it('raises no alarm: any end of the batch in flight, a mark from any time before', async () => {
    const { store } = await open()
    await store.write([put('a')])
    const marks = [await readFile(join(folder.paths.root, MARK))]
    for (let at = 0; at < 3; at += 1) {
      await store.write([put('a'), put(`b/${at}`, 40_000)])
      marks.push(await readFile(join(folder.paths.root, MARK)))
    }
    const [log] = await storeFiles(/\.log$/)
    const synced = (await readFile(join(folder.paths.store, log ?? ''))).length
    const before = await copyTo('synced')
    await store.write([put('a'), put('c', 70_000)])
    await store.close()
    const after = await readFile(join(folder.paths.store, log ?? ''))
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

import { describe, expect, it } from 'vitest'
import { createDisk } from './disk.ts'
import { createRandom } from './random.ts'
import { createScheduler } from './scheduler.ts'

function setup(seed: string, syncMs = 5) {
  const scheduler = createScheduler()
  const disk = createDisk({ scheduler, random: createRandom(seed), syncMs: { min: syncMs, max: syncMs } })
  const synced: number[] = []
  disk.onSynced((position) => synced.push(position))
  const write = (position: number, ...names: string[]) =>
    disk.write(
      position,
      names.map((key) => ({ key, value: Uint8Array.of(position) })),
    )
  return { scheduler, disk, synced, write }
}

describe('disk', () => {
  it('commits in groups: a sync covers what was written before it began', () => {
    const { scheduler, disk, synced, write } = setup('group')
    write(1, 'own/1')
    write(2, 'own/2')
    expect(disk.durable().size).toBe(0)
    scheduler.step()
    expect(synced).toEqual([1])
    expect([...disk.durable().keys()]).toEqual(['own/1'])
    scheduler.step()
    expect(synced).toEqual([1, 2])
  })

  it('keeps in a crash what was synced and a prefix of whole batches of the rest', () => {
    const survived = new Set<number>()
    for (let seed = 0; seed < 40; seed += 1) {
      const { scheduler, disk, write } = setup(`crash ${seed}`)
      write(1, 'own/1')
      scheduler.step()
      write(2, 'own/2a', 'own/2b')
      write(3, 'own/3')
      disk.crash()
      const keys = [...disk.records().keys()]
      expect(['own/1', 'own/2a', 'own/2b', 'own/3'].slice(0, keys.length)).toEqual(keys)
      expect(keys).not.toHaveLength(2)
      survived.add(keys.length)
    }
    expect([...survived].sort((a, b) => a - b)).toEqual([1, 3, 4])
  })

  it('tells nobody of a sync that a crash cut off', () => {
    const { scheduler, disk, synced, write } = setup('cut')
    write(1, 'own/1')
    disk.crash()
    while (scheduler.step());
    expect(synced).toEqual([])
  })

  it('restores hot records only, in key order', () => {
    const { disk, write } = setup('hot')
    write(1, 'own/2', 'certificate/x', 'account/b', 'own/1')
    expect(disk.hotRecords().map(({ key }) => key)).toEqual(['account/b', 'own/1', 'own/2'])
  })
})

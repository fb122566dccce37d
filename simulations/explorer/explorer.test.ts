import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { EXPLORED_MUTANTS, MODEL_NAMES } from './model-names.ts'
import type { Exploration } from './search.ts'

const MAIN = fileURLToPath(new URL('../explore.ts', import.meta.url))
const run = promisify(execFile)

async function explorer(...args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(process.execPath, [MAIN, ...args, '--json'])
  return JSON.parse(stdout)
}

describe('the explorer', { timeout: 600_000 }, () => {
  it('finds nothing in the small worlds', async () => {
    const done = (await explorer('--depth', '7')) as readonly Exploration[]
    expect(done).toHaveLength(MODEL_NAMES.length)
    expect(done.flatMap(({ found }) => found ?? [])).toEqual([])
    for (const { states } of done) expect(states).toBeGreaterThan(1_000)
  })

  it('sees the forking owner to its end', async () => {
    const [done] = (await explorer('--model', 'forking-owner-3')) as readonly Exploration[]
    expect(done).toMatchObject({ isComplete: true })
    expect(done?.found).toBeUndefined()
  })

  it('finds what is wrong with each mutant of voting by itself', async () => {
    const kills = (await explorer('--mutants')) as readonly { mutant: string; checker?: string }[]
    expect(kills.map(({ mutant }) => mutant)).toEqual([...EXPLORED_MUTANTS])
    expect(kills.filter(({ checker }) => checker === undefined)).toEqual([])
  })
})

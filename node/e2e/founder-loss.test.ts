import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loseFounder } from './founder-loss.ts'
import { Village } from './village.ts'

/** Some ninety commands and starts of processes, one after another, and two waits for a round of sync. */
const STORY_MS = 240_000

let root: string
let village: Village
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-loss-'))
  village = new Village(root, (line) => process.stdout.write(`${line}\n`))
})
afterEach(async () => {
  await village.stop()
  await rm(root, { recursive: true, force: true })
})

it(
  'a swarm of one grows to four, loses its founder for good, and goes on by its remaining operators',
  async () => {
    const { roots, epoch, minted, accounted, job, members, founder, stolen } = await loseFounder(village)
    expect(new Set(roots).size).toBe(1)
    expect(epoch.number).toBe(3)
    expect(new Set(epoch.witnesses.map(({ label }) => label))).toEqual(
      new Set(['barn', 'elm', 'mill', 'shed']),
    )
    expect(epoch.governance.witnesses).not.toContain(founder)
    expect(epoch.governance.operators.keys).not.toContain(founder)
    expect(epoch.governance.fee).toBe('0')
    // The founder's endowment, three invitations, two more, and what barn minted; nothing of the thief's.
    expect(minted).toBe(1_000 + 3 * 5 + 2 * 5 + 10)
    expect(accounted).toBe(minted)
    expect(job).toBe('completed')
    expect([...members].sort()).toEqual(['barn', 'elm', 'founder', 'mill', 'shed'])
    expect(stolen.map(({ code }) => code)).toEqual([2, 1, 2])
    expect(stolen[1]?.words).toContain('1 of 2 operators have signed')
  },
  STORY_MS,
)

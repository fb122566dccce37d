import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loseFounder } from '../e2e/founder-loss.ts'
import { Village } from '../e2e/village.ts'

/** `npm run bench -- founder-loss`: the story as a log, with the time that each step took. */
export async function benchFounderLoss(print: (line: string) => void): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-loss-'))
  const village = new Village(root, print)
  try {
    await loseFounder(village)
  } finally {
    await village.stop()
    await rm(root, { recursive: true, force: true })
  }
}

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { JobsReport } from './jobs.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const run = promisify(execFile)
/** The reports of 25 seeds are some 20 KiB. */
const OUTPUT_BYTES_MAX = 16 * 1_024 * 1_024

/** As a user would: a failing seed's replay line is on the command's own standard error. */
async function reportsOf(first: number, seeds: number): Promise<readonly JobsReport[]> {
  const args = [MAIN, '--seeds', String(seeds), '--first', String(first), '--jobs', '20', '--json']
  const { stdout } = await run(process.execPath, args, { maxBuffer: OUTPUT_BYTES_MAX })
  return JSON.parse(stdout) as readonly JobsReport[]
}

describe('fifty seeds of twenty jobs, with loss, duplication, reordering and crashes between jobs', () => {
  it.concurrent.each([1, 26])('are clean from seed %i on', { timeout: 600_000 }, async (first) => {
    const reports = await reportsOf(first, 25)
    expect(reports).toHaveLength(25)
    for (const { violations, stuck, ends } of reports) {
      expect(violations).toEqual([])
      expect(stuck).toBeUndefined()
      expect(ends.completed + ends.unresolved + ends.void).toBe(20)
    }
  })
})

import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseVideoMemory, probeHardware } from './hardware.ts'

const MEBIBYTE = 1_048_576
const NONE = { vramTotalBytes: 0, vramFreeBytes: 0 }

describe('the memory that nvidia-smi reports', () => {
  const outputs: readonly [string, string, number, number][] = [
    ['one GPU', '24564, 23000\n', 24_564, 23_000],
    ['two GPUs', '24564, 23000\n8192, 1\n', 32_756, 23_001],
    ['carriage returns', '8192, 4096\r\n', 8_192, 4_096],
    ['a GPU that does not tell', '[N/A], [N/A]\n8192, 4096\n', 8_192, 4_096],
    ['more free than there is', '100, 200\n', 100, 100],
    ['nothing', '', 0, 0],
    ['a message', 'NVIDIA-SMI has failed because it could not talk to the driver.\n', 0, 0],
    ['a negative number', '-1, 5\n', 0, 0],
    ['a number of any size', `${'9'.repeat(40)}, 1\n`, 0, 0],
    ['a third column', '1, 2, 3\n', 0, 0],
  ]
  it.each(outputs)('reads %s', (_, output, total, free) => {
    expect(parseVideoMemory(output)).toEqual({
      vramTotalBytes: total * MEBIBYTE,
      vramFreeBytes: free * MEBIBYTE,
    })
  })
})

describe('the hardware probe', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hyperlooms-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  async function driver(script: string): Promise<string> {
    const path = join(folder, 'nvidia-smi')
    await writeFile(path, `#!/bin/sh\n${script}\n`)
    await chmod(path, 0o700)
    return path
  }

  it('tells whole numbers of a machine without GPU', async () => {
    const hardware = await probeHardware({ nvidiaSmi: join(folder, 'not-there') })
    expect(hardware).toMatchObject({ cores: availableParallelism(), ...NONE })
    expect(hardware.memoryFreeBytes).toBeGreaterThan(0)
    expect(hardware.memoryTotalBytes).toBeGreaterThanOrEqual(hardware.memoryFreeBytes)
    expect(hardware.loadPercent).toBeLessThanOrEqual(100)
    for (const value of Object.values(hardware)) expect(Number.isSafeInteger(value) && value >= 0).toBe(true)
  })

  it('asks the driver for its memory', async () => {
    const nvidiaSmi = await driver(
      '[ "$*" = "--query-gpu=memory.total,memory.free --format=csv,noheader,nounits" ] && echo "8192, 4096"',
    )
    const expected = { vramTotalBytes: 8_192 * MEBIBYTE, vramFreeBytes: 4_096 * MEBIBYTE }
    expect(await probeHardware({ nvidiaSmi })).toMatchObject(expected)
  })

  it.each([
    ['fails', 'echo "8192, 4096"; exit 9'],
    ['hangs', 'echo "8192, 4096"; exec sleep 600'],
    ['writes for ever', 'exec yes "8192, 4096"'],
  ])('counts a driver that %s as none', async (_, script) => {
    expect(await probeHardware({ nvidiaSmi: await driver(script), timeoutMs: 500 })).toMatchObject(NONE)
  })
})

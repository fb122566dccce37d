import { execFile } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EXIT } from '../cli/exit-codes.ts'
import type { DrivenProcess } from './driven-process.ts'
import { balance, openSwarm, planSeats, startSeat, until, untilLevel } from './driven-swarm.ts'
import { requireComponent, requireRoot } from './require-component.ts'

const run = promisify(execFile)
const AMOUNT = 10_000n
/** Holds a young peer's folder and what it writes until the disk is filled. */
const DISK = '16m'
/** Left free when the disk is filled: some seconds of entries. */
const LEFT_BYTES = 128 * 1_024

let root: string
let disk: string | undefined
let running: DrivenProcess[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-disk-'))
  running = []
})
afterEach(async () => {
  await Promise.all(running.map((peer) => peer.stop('SIGKILL')))
  if (disk !== undefined) await run('umount', [disk])
  disk = undefined
  await rm(root, { recursive: true, force: true })
})

/** Leaves so much free on the disk; removing the file frees it. */
async function fillDisk(path: string, leftBytes: number): Promise<string> {
  const { bavail, bsize } = await statfs(path)
  const filler = join(path, 'filler')
  await appendFile(filler, new Uint8Array(Math.max(0, bavail * bsize - leftBytes)))
  return filler
}

describe('a witness whose disk is full', () => {
  it('stops by name, and has lost nothing that it acknowledged when it is started again', async (context) => {
    requireRoot(context)
    requireComponent(context, 'mount')
    disk = join(root, 'dune')
    await mkdir(disk)
    await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'hyperlooms', disk])
    const swarm = await openSwarm(await planSeats(root), (peers) => (running = [...peers]))
    const [a, b, c, d] = swarm.peers
    const [, , , idD] = swarm.ids
    const [idA] = swarm.ids
    const [before] = await untilLevel(running)

    const filler = await fillDisk(disk, LEFT_BYTES)
    let sent = 0
    let acknowledged = 0
    const write = async (): Promise<void> => {
      for (;;) {
        sent += 1
        const result = await d.transfer(idA, AMOUNT)
        if (!result.ok) return
        acknowledged += 1
      }
    }
    // Ends when the peer has ended and answers no more.
    await write().catch(() => undefined)
    const end = await d.ended
    expect(end.message).toContain(`The disk that holds ${disk}`)
    expect(end.message).toMatch(/is full.*free space/)
    expect(end.code).toBe(EXIT.diskFailed)
    expect(acknowledged).toBeGreaterThan(0)

    await fillDisk(disk, 0)
    const refused = startSeat(swarm.seats[3])
    running.push(refused)
    expect(await refused.ended).toMatchObject({ message: expect.stringMatching(/is full|no space left/i) })

    await rm(filler)
    const restarted = startSeat(swarm.seats[3])
    running = [a, b, c, restarted]
    await restarted.ready
    expect((await restarted.look()).storeState).toEqual({ status: 'sound' })
    await until(a, 'what was acknowledged arrives', (look) => {
      return balance(look, idA) >= balance(before, idA) + AMOUNT * BigInt(acknowledged)
    })
    for (const look of await untilLevel(running)) {
      const moved = balance(look, idA) - balance(before, idA)
      expect(moved).toBeGreaterThanOrEqual(AMOUNT * BigInt(acknowledged))
      expect(moved).toBeLessThanOrEqual(AMOUNT * BigInt(sent))
      expect(balance(look, idD)).toBe(balance(before, idD) - moved)
    }
  })
})

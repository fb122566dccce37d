import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DrivenProcess } from './driven-process.ts'
import { balance, openSwarm, planSeats, until, untilLevel } from './driven-swarm.ts'
import { createMachines, type Machines } from './namespaces.ts'
import { requireComponent, requireRoot } from './require-component.ts'

const AMOUNT = 100_000n

let root: string
let machines: Machines | undefined
let running: readonly DrivenProcess[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-faults-'))
  running = []
})
afterEach(async () => {
  await Promise.all(running.map((peer) => peer.stop('SIGKILL')))
  await machines?.remove()
  machines = undefined
  await rm(root, { recursive: true, force: true })
})

describe('four witnesses whose network breaks', () => {
  it('certify nothing as two and two, go on as three and one, and agree when it heals', async (context) => {
    requireRoot(context)
    requireComponent(context, 'ip')
    machines = await createMachines(4)
    const swarm = await openSwarm(
      await planSeats(root, { places: machines.places }),
      (peers) => (running = peers),
    )
    const [a, b, c, d] = swarm.peers
    const [idA, idB, idC, idD] = swarm.ids
    const [before] = await untilLevel(running)

    await machines.split([0, 0, 1, 1])
    // Accepted, since each owner's entry is on its own disk; certified by nobody.
    for (const [peer, to] of [
      [a, idB],
      [c, idD],
    ] as const) {
      expect(await peer.transfer(to, AMOUNT)).toMatchObject({ ok: true })
    }
    for (const peer of running) {
      const look = await until(peer, 'the other side is missed', ({ online }) => online <= 2)
      expect(look.entries).toBe(before.entries)
    }

    await machines.split([0, 0, 0, 1])
    for (const peer of [a, b, c]) {
      await until(peer, 'three certify what two had accepted', ({ entries }) => entries >= before.entries + 2)
    }
    expect(await d.transfer(idA, AMOUNT)).toMatchObject({ ok: true })
    expect(await b.transfer(idC, AMOUNT)).toMatchObject({ ok: true })
    await until(a, 'three go on', ({ entries }) => entries >= before.entries + 3)
    expect((await d.look()).entries).toBe(before.entries)

    await machines.split([0, 0, 0, 0])
    const looks = await untilLevel(running, before.entries + 4)
    for (const look of looks) {
      // Each sent once and received once.
      for (const id of swarm.ids) expect(balance(look, id)).toBe(balance(before, id))
      expect(swarm.ids.reduce((sum, id) => sum + balance(look, id), 0n)).toBe(look.supply.minted)
      expect(look.supply.minted).toBe(before.supply.minted)
    }
  })
})

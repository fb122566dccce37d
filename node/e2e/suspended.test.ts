import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DrivenProcess } from './driven-process.ts'
import { balance, openSwarm, planSeats, until, untilLevel } from './driven-swarm.ts'

const AMOUNT = 50_000n
const TRANSFERS = 20

let root: string
let running: readonly DrivenProcess[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-suspended-'))
  running = []
})
afterEach(async () => {
  await Promise.all(running.map((peer) => peer.stop('SIGKILL')))
  await rm(root, { recursive: true, force: true })
})

describe('a witness that is suspended (SIGSTOP)', () => {
  it('holds nobody up and catches up when it goes on', async () => {
    const swarm = await openSwarm(await planSeats(root), (peers) => (running = peers))
    const [a, b, , d] = swarm.peers
    const [idA, idB] = swarm.ids
    const [before] = await untilLevel(running)
    d.signal('SIGSTOP')
    for (let count = 0; count < TRANSFERS; count += 1) {
      expect(await a.transfer(idB, AMOUNT)).toMatchObject({ ok: true })
    }
    const total = AMOUNT * BigInt(TRANSFERS)
    const meanwhile = await until(b, 'the others certify', (look) => {
      return balance(look, idB) === balance(before, idB) + total
    })
    d.signal('SIGCONT')
    for (const look of await untilLevel(running, meanwhile.entries)) {
      expect(balance(look, idA)).toBe(balance(before, idA) - total)
      expect(look.supply).toEqual(meanwhile.supply)
    }
  })
})

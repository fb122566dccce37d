import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PeerId } from '../../protocol/ids.ts'
import type { Look } from './driven-messages.ts'
import type { DrivenProcess } from './driven-process.ts'
import { balance, planSeats, type Seat, startSeat, until, untilLevel } from './driven-swarm.ts'
import { runJob } from './run-job.ts'

let root: string
let running: DrivenProcess[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-credits-'))
  running = []
})
afterEach(async () => {
  await Promise.all(running.map((peer) => peer.stop('SIGKILL')))
  await rm(root, { recursive: true, force: true })
})

/** A swarm of so many peers, each with its endowment and known to offer a model. */
async function open(count: number): Promise<readonly [Seat, DrivenProcess][]> {
  const seats = await planSeats(root, { count })
  const peers = seats.map((seat) => [seat, startSeat(seat)] as [Seat, DrivenProcess])
  running = peers.map(([, peer]) => peer)
  await Promise.all(running.map((peer) => peer.ready))
  for (const peer of running) {
    await until(peer, 'all are endowed and offer', (look) => {
      return look.offering === count && seats.every(({ id }) => balance(look, id) > 0n)
    })
  }
  return peers
}

function sum(look: Look, ids: readonly PeerId[]): bigint {
  return ids.reduce((total, id) => total + balance(look, id), 0n)
}

describe('between two data folders', () => {
  it('one balance falls by exactly what the other rises', async () => {
    const peers = await open(2)
    const [[a, payer], [b, payee]] = peers as [[Seat, DrivenProcess], [Seat, DrivenProcess]]
    const ids = [a.id, b.id]
    const before = await payer.look()
    const amount = 123_456n
    expect(await payer.transfer(b.id, amount)).toMatchObject({ ok: true })
    for (const peer of [payer, payee]) {
      const after = await until(peer, 'it arrived', (look) => balance(look, b.id) !== balance(before, b.id))
      expect(balance(after, a.id)).toBe(balance(before, a.id) - amount)
      expect(balance(after, b.id)).toBe(balance(before, b.id) + amount)
      expect(sum(after, ids)).toBe(after.supply.minted)
    }
    // To itself it moves nothing.
    await payer.transfer(a.id, amount)
    const after = await until(
      payer,
      'it arrived',
      (look) => (look.accounts[a.id]?.seq ?? 0) > (before.accounts[a.id]?.seq ?? 0) + 1,
    )
    expect(balance(after, a.id)).toBe(balance(before, a.id) - amount)
  })

  it('a job that the payer’s own node answers as well costs it what the other one earns', async () => {
    const peers = await open(2)
    const [[a, payer], [b]] = peers as [[Seat, DrivenProcess], [Seat, DrivenProcess]]
    const before = await payer.look()
    const { slots } = await runJob(payer, 2)
    expect(slots.map(({ peer }) => peer).sort()).toEqual([a.id, b.id].sort())
    const [after] = await untilLevel(
      peers.map(([, peer]) => peer),
      before.entries + 1,
    )
    const earned = balance(after, b.id) - balance(before, b.id)
    expect(earned).toBeGreaterThan(0n)
    expect(balance(after, a.id)).toBe(balance(before, a.id) - earned)
    expect(sum(after, [a.id, b.id])).toBe(after.supply.minted)
  })

  it('serving oneself never raises a balance', async () => {
    const [[seat, peer]] = (await open(1)) as [[Seat, DrivenProcess]]
    const before = await peer.look()
    for (let count = 0; count < 3; count += 1) {
      const { slots, status } = await runJob(peer, 1)
      expect(status).not.toBe('void')
      expect(slots.map((slot) => slot.peer)).toEqual([seat.id])
      const after = await until(peer, 'it is settled', ({ supply }) => supply.escrowed === 0n)
      expect(balance(after, seat.id)).toBe(balance(before, seat.id))
      expect(after.supply.minted).toBe(before.supply.minted)
    }
  })
})

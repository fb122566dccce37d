import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { LIMITS } from '../../protocol/params.ts'
import type { DrivenProcess } from './driven-process.ts'
import { planSeats, startSeat } from './driven-swarm.ts'

let root: string
let peer: DrivenProcess

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-driven-'))
})
afterEach(async () => {
  await peer.stop('SIGKILL')
  await rm(root, { recursive: true, force: true })
})

it('tells whoever asked that an answer failed, and goes on', async () => {
  const [seat] = await planSeats(root, { count: 1 })
  if (seat === undefined) throw new Error('no seat')
  peer = startSeat(seat)
  await peer.ready
  await expect(peer.putBlob(new Uint8Array(LIMITS.promptBytes + 1))).rejects.toThrow('BlobError')
  expect((await peer.putBlob(new Uint8Array(3))).size).toBe(3)
})

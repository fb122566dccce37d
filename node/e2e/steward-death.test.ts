import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JobId } from '../../protocol/ids.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import { poll } from '../swarm/poll.ts'
import type { DrivenProcess } from './driven-process.ts'
import { balance, planSeats, type Seat, startSeat, until, untilLevel } from './driven-swarm.ts'
import { plainRequest } from '../../protocol/jobs/plain-request.ts'
import { opened, submitted } from './run-job.ts'
import { type SlowModel, startSlowModel } from './slow-model.ts'

const PEERS = 5
/** Long enough that a job is seen running before its answers are there. */
const RUN_MS = 1_000
/** A job whose prompt died with its steward is void after assignMs; the rest is a busy machine's. */
const WAIT_MS = 90_000

let root: string
let model: SlowModel
let seats: readonly Seat[]
let peers: DrivenProcess[]

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-steward-'))
  model = await startSlowModel(RUN_MS)
  const planned = await planSeats(root, { count: PEERS })
  const flags = { providers: 'ollama', ollamaUrl: model.url }
  seats = planned.map((seat) => ({ ...seat, flags: { ...seat.flags, ...flags } }))
  peers = seats.map((seat) => startSeat(seat))
  await Promise.all(peers.map((peer) => peer.ready))
  for (const peer of peers)
    await until(peer, 'all are endowed', (look) => seats.every(({ id }) => balance(look, id) > 0n))
})

afterAll(async () => {
  await Promise.all(peers.map((peer) => peer.stop('SIGKILL')))
  await model.close()
  await rm(root, { recursive: true, force: true })
})

function peerAt(at: number): DrivenProcess {
  const peer = peers[at % PEERS]
  if (peer === undefined) throw new RangeError(`no peer ${at}`)
  return peer
}

/** A job of two replicas and two standbys, paid for by this peer, which is its steward. */
async function submit(steward: DrivenProcess): Promise<JobId> {
  await until(steward, 'the others offer their nodes', ({ offering }) => offering >= PEERS - 1)
  const prompt = await steward.putBlob(new TextEncoder().encode('Who goes on without me?'))
  return opened(steward, await submitted(steward, plainRequest(prompt, 2, 2)))
}

async function seen(
  peer: DrivenProcess,
  job: JobId,
  holds: (record: JobRecord) => boolean,
): Promise<JobRecord> {
  const found = await poll(
    async () => {
      const record = await peer.record(job)
      return record !== undefined && holds(record) ? record : undefined
    },
    { timeoutMs: WAIT_MS },
  )
  if (found === undefined) throw new Error('the job never came that far')
  return found
}

const reached = (phase: JobRecord['timeline'][number]['phase']) => (record: JobRecord) =>
  record.closedMs !== null || record.timeline.some((event) => event.phase === phase)

/** How far a job has come, as somebody else than its steward sees it, when that is killed. */
const STEPS = [
  ['offered', reached('offered')],
  ['assigned', reached('assigned')],
  ['running', reached('started')],
  ['sealed', reached('sealed')],
  ['revealed', reached('revealed')],
] as const

describe('a job whose steward is killed', () => {
  it.each(STEPS.map(([name, holds], at) => ({ name, holds, at })))(
    'once it is $name ends once, and is paid for once',
    async ({ holds, at }) => {
      const [before] = await untilLevel(peers)
      const payer = seats[at]?.id
      if (payer === undefined) throw new RangeError(`no seat ${at}`)
      const [steward, other, third] = [peerAt(at), peerAt(at + 1), peerAt(at + 2)]
      const job = await submit(steward)
      await seen(other, job, holds)
      await steward.stop('SIGKILL')

      // Whoever is left ends it, and a client of any of them sees that.
      const ended = await seen(other, job, ({ closedMs }) => closedMs !== null)
      await seen(third, job, ({ closedMs }) => closedMs !== null)

      const seat = seats[at]
      if (seat === undefined) throw new RangeError(`no seat ${at}`)
      const again = startSeat(seat)
      peers[at] = again
      await again.ready
      await seen(again, job, ({ closedMs }) => closedMs !== null)
      const records = await Promise.all(peers.map((peer) => peer.record(job)))
      const result = ({ status, charged, refunded, blame }: JobRecord) => ({
        status,
        charged,
        refunded,
        blame,
      })
      for (const record of records) expect(record && result(record)).toEqual(result(ended))
      const looks = await untilLevel(peers, before.entries + 1)
      const { charged, result: verdict } = ended
      const earned = (verdict?.replicas ?? []).filter(({ payout }) => payout === payer)
      const own = earned.reduce((sum, { paid }) => sum + paid, 0n)
      const fees = seats[0]?.id === payer ? (verdict?.fee ?? 0n) : 0n
      for (const look of looks) {
        expect(balance(look, payer)).toBe(balance(before, payer) - (charged ?? 0n) + own + fees)
        const { free, unclaimed, escrowed, burnt, minted } = look.supply
        expect(free + unclaimed + escrowed + burnt).toBe(minted)
        expect(escrowed).toBe(0n)
      }
      // From the assignment on nothing of it needs the steward.
      if (at > 0) expect(ended.status).toBe('completed')
    },
  )
})

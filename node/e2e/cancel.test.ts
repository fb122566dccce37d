import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { connect } from '../cli/api.ts'
import { poll } from '../swarm/poll.ts'
import { runCommand } from './command-line.ts'
import type { DrivenProcess } from './driven-process.ts'
import { balance, planSeats, startSeat, untilJobsRun, untilLevel } from './driven-swarm.ts'
import { type SlowModel, startSlowModel } from './slow-model.ts'

const PEERS = 4
const REPLICAS = 3
/** Nobody waits for these runs to end by themselves. */
const RUN_MS = 600_000
const WAIT_MS = 30_000

let root: string
let model: SlowModel
let peers: DrivenProcess[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-cancel-'))
  model = await startSlowModel(RUN_MS)
  peers = []
})
afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.stop('SIGKILL')))
  await model.close()
  await rm(root, { recursive: true, force: true })
})

it('a cancelled job stops at every runner and gives back what nobody earned', async () => {
  const flags = { providers: 'ollama', ollamaUrl: model.url }
  const seats = (await planSeats(root, { count: PEERS })).map((seat) => ({
    ...seat,
    flags: { ...seat.flags, ...flags },
  }))
  peers.push(...seats.map((seat) => startSeat(seat)))
  const [first] = await Promise.all(peers.map((peer) => peer.ready))
  const [payer, onlooker] = peers
  const [seat] = seats
  if (first === undefined || payer === undefined || onlooker === undefined || seat === undefined)
    throw new RangeError('a swarm has peers')
  await untilJobsRun(payer, seats, PEERS)
  const [before] = await untilLevel(peers)
  const client = connect(first.url)
  const { id } = await client.submitJob({ body: { prompt: 'Never mind.', replicas: REPLICAS } })
  const isRunning = () => Promise.resolve(model.running() === REPLICAS ? true : undefined)
  expect(await poll(isRunning, { timeoutMs: WAIT_MS })).toBe(true)

  const { stdout, code } = await runCommand(['cancel', id, '--api', first.url])
  expect(stdout).toContain(`cancelled ${id}`)
  expect(code).toBe(0)
  const isOver = async () => {
    const job = await client.getJob({ params: { id } })
    return job.closed_at === null ? undefined : job
  }
  const job = await poll(isOver, { timeoutMs: WAIT_MS })
  expect(model.running()).toBe(0)
  expect(model.givenUpMs).toHaveLength(REPLICAS)
  expect(job).toMatchObject({ charged: job?.fee, output: null })
  expect(job?.cancelled_at).not.toBeNull()
  expect(job?.blame).toMatchObject([{ cause: 'cancelled', node_id: seat.id, led_to: 'refunded' }])
  for (const look of await untilLevel(peers, before.entries + 1))
    expect(balance(look, seat.id)).toBe(balance(before, seat.id))

  await expect(client.cancelJob({ params: { id } })).rejects.toMatchObject({ code: 'job_over' })
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Digest, JobId } from '../../protocol/ids.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import { poll } from '../swarm/poll.ts'
import type { DrivenProcess } from './driven-process.ts'
import { planSeats, type Seat, startSeat, until } from './driven-swarm.ts'
import { plainRequest } from '../../protocol/jobs/plain-request.ts'
import { opened, submitted } from './run-job.ts'

/** Long enough that the payer is gone before anybody has answered. */
const ANSWER_MS = 3_000
const WAIT_MS = 60_000
const PROMPT = 'Why do bees fly in the rain?'

let root: string
let running: Set<DrivenProcess>

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hyperlooms-late-'))
  running = new Set()
})
afterEach(async () => {
  await Promise.all([...running].map((peer) => peer.stop('SIGKILL')))
  await rm(root, { recursive: true, force: true })
})

function start(seat: Seat, answerMs?: number): DrivenProcess {
  const peer = startSeat(seat, answerMs === undefined ? {} : { answerMs })
  running.add(peer)
  return peer
}

/** The peer's record of a job once that holds. */
async function seen(
  peer: DrivenProcess,
  job: JobId,
  what: string,
  holds: (record: JobRecord) => boolean,
): Promise<JobRecord> {
  const look = async () => {
    const record = await peer.record(job)
    return record !== undefined && holds(record) ? record : undefined
  }
  const found = await poll(look, { timeoutMs: WAIT_MS })
  if (found === undefined) throw new Error(`the job never came to be ${what}`)
  return found
}

function heldBody(peer: DrivenProcess, digest: Digest): Promise<Uint8Array | undefined> {
  return poll(() => peer.body(digest), { timeoutMs: WAIT_MS })
}

describe('a payer that is down while its job is closed', () => {
  it('gets the answers once it is back, and keeps them', async () => {
    const seats = await planSeats(root)
    const [payerSeat, ...others] = seats.toReversed()
    if (payerSeat === undefined) throw new Error('a swarm has peers')
    // It asks and runs nothing, so that no answer waits for it.
    const seat = { ...payerSeat, flags: { ...payerSeat.flags, providers: 'ollama' } }
    const workers = others.map((other) => start(other, ANSWER_MS))
    const payer = start(seat)
    await Promise.all([payer, ...workers].map((peer) => peer.ready))
    await until(payer, 'the others offer', ({ offering, supply }) => offering >= 3 && supply.minted > 0n)

    const prompt = await payer.putBlob(new TextEncoder().encode(PROMPT))
    const job = await opened(payer, await submitted(payer, plainRequest(prompt, 3)))
    const [witness] = workers
    if (witness === undefined) throw new Error('a swarm has workers')
    await seen(witness, job, 'running', ({ status }) => status === 'running')
    await payer.stop('SIGKILL')
    running.delete(payer)

    const closed = await seen(witness, job, 'over', ({ closedMs }) => closedMs !== null)
    expect(closed.status).toBe('completed')
    const answer = closed.result?.replicas.find(({ slot }) => slot === closed.result?.winner)?.answer
    if (answer === undefined || answer === null) throw new Error('a completed job has an answer')

    const back = start(seat)
    await back.ready
    const record = await seen(back, job, 'over at its payer', ({ closedMs }) => closedMs !== null)
    expect([record.status, record.charged]).toEqual(['completed', closed.charged])
    const body = await heldBody(back, answer.digest)
    expect(new TextDecoder().decode(body)).toBe(PROMPT)

    // It has them for itself now: nobody else is needed any more.
    await Promise.all(workers.map((peer) => peer.stop('SIGKILL')))
    await back.stop('SIGKILL')
    running.clear()
    const alone = start(seat)
    await alone.ready
    expect(new TextDecoder().decode(await heldBody(alone, answer.digest))).toBe(PROMPT)
  })
})

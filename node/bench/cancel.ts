import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { JobId } from '../../protocol/ids.ts'
import { plainRequest } from '../../protocol/jobs/plain-request.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import { connect } from '../cli/api.ts'
import { balance, planSeats, type Seat, untilJobsRun, untilLevel } from '../e2e/driven-swarm.ts'
import { opened, submitted } from '../e2e/run-job.ts'
import { type SlowModel, startSlowModel } from '../e2e/slow-model.ts'
import { poll } from '../swarm/poll.ts'
import { figures, percentile } from './percentiles.ts'
import { pick, Place } from './place.ts'

const PEERS = 4
const REPLICAS = 3
const STANDBYS = 1
/** Nobody waits for these runs to end by themselves. */
const RUN_MS = 3_600_000
const BAR_MS = 500
/** Beyond it something hangs; no job takes a tenth of it. */
const WAIT_MS = 60_000

interface Parts {
  readonly places: readonly Place[]
  /** Whose founder is paid the fees. */
  readonly treasury: Seat
  readonly model: SlowModel
}

/**
 * Has one job after another running at all its replicas, cancels it over HTTP at the peer of its payer, and measures when
 * the model has lost its last client, by the model's own word: from then on nobody computes for it any more.
 */
class Cancels {
  readonly #parts: Parts
  readonly #stoppedMs: number[] = []
  readonly #closedMs: number[] = []
  readonly #wrong: string[] = []
  readonly #ends = new Map<string, number>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async next(number: number): Promise<void> {
    const { places, model, treasury } = this.#parts
    const peers = places.map(({ peer }) => peer)
    const payer = pick(places)
    const [before] = await untilLevel(peers)
    const job = await this.#running(payer, number)
    const stopped = model.givenUpMs.length
    const askedMs = Date.now()
    await connect(payer.url ?? '').cancelJob({ params: { id: job } })
    const isStopped = () => Promise.resolve(model.running() === 0 ? true : undefined)
    if ((await poll(isStopped, { timeoutMs: WAIT_MS })) === undefined)
      throw new Error(`job ${job} still runs`)
    this.#stoppedMs.push(Math.max(...model.givenUpMs.slice(stopped)) - askedMs)
    const closed = await this.#over(payer, job)
    this.#closedMs.push((closed.closedMs ?? Number.NaN) - askedMs)
    this.#ends.set(closed.status, (this.#ends.get(closed.status) ?? 0) + 1)
    const { fee } = closed.spec
    if (closed.charged !== fee) this.#wrong.push(`${job} cost ${closed.charged}, its fee is ${fee}`)
    const cost = payer.seat === treasury ? 0n : fee
    for (const look of await untilLevel(peers, before.entries + 1)) {
      const { free, unclaimed, escrowed, burnt, minted } = look.supply
      const isExact = balance(look, payer.seat.id) === balance(before, payer.seat.id) - cost
      if (!isExact || escrowed !== 0n || free + unclaimed + burnt !== minted)
        this.#wrong.push(`the books are wrong after ${job}`)
    }
  }

  lines(): readonly string[] {
    const row = (samples: readonly number[]) => {
      const ms = [percentile(samples, 0.95), Math.max(...samples)].map((one) => one.toFixed(0))
      return `${figures(samples)}   p95 ${ms[0]} ms   max ${ms[1]} ms`
    }
    const ends = [...this.#ends].map(([status, count]) => `${count} ${status}`)
    const bar = this.isWithin ? 'met' : 'NOT MET'
    return [
      `cancel -> every runner stopped  ${row(this.#stoppedMs)}   (bar: max <= ${BAR_MS} ms, ${bar})`,
      `cancel -> refund decided        ${row(this.#closedMs)}`,
      `jobs                            ${ends.join(', ')}`,
      `refunds that are not exact      ${this.#wrong.length}   (bar: 0)`,
      ...this.#wrong,
    ]
  }

  get isWithin(): boolean {
    return Math.max(...this.#stoppedMs) <= BAR_MS && this.#wrong.length === 0
  }

  /** A job whose replicas all compute. */
  async #running(payer: Place, number: number): Promise<JobId> {
    const { peer } = payer
    const prompt = await peer.putBlob(new TextEncoder().encode(`Cancel ${number}`))
    const job = await opened(peer, await submitted(peer, plainRequest(prompt, REPLICAS, STANDBYS)))
    const { model } = this.#parts
    const isRunning = () => Promise.resolve(model.running() === REPLICAS ? true : undefined)
    if ((await poll(isRunning, { timeoutMs: WAIT_MS })) === true) return job
    throw new Error(`only ${model.running()} replicas of job ${job} ever ran at a time`)
  }

  async #over({ peer }: Place, job: JobId): Promise<JobRecord> {
    const look = async () => {
      const record = await peer.record(job)
      return record?.closedMs === null ? undefined : record
    }
    const closed = await poll(look, { timeoutMs: WAIT_MS })
    if (closed === undefined) throw new Error(`job ${job} never ended`)
    return closed
  }
}

/** `npm run bench -- cancel --jobs 40`; resolves with the exit code. */
export async function cancelCommand(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { jobs: { type: 'string', default: '40' } } })
  const print = (line: string) => process.stdout.write(`${line}\n`)
  const bench = new AsyncDisposableStack()
  try {
    const root = await mkdtemp(join(tmpdir(), 'hyperlooms-cancels-'))
    bench.defer(() => rm(root, { recursive: true, force: true }))
    const model = await startSlowModel(RUN_MS)
    bench.defer(() => model.close())
    const seats = await planSeats(root, { count: PEERS })
    const flags = { providers: 'ollama', ollamaUrl: model.url }
    const places = seats.map((seat) => new Place({ ...seat, flags: { ...seat.flags, ...flags } }))
    bench.defer(async () => void (await Promise.all(places.map((place) => place.end()))))
    await Promise.all(places.map((place) => place.ready()))
    for (const { peer } of places) await untilJobsRun(peer, seats, PEERS)
    const [first] = places
    if (first === undefined) throw new RangeError('a swarm has peers')
    const cancels = new Cancels({ places, model, treasury: first.seat })
    print(`${PEERS} witness processes, R = ${REPLICAS}, ${values.jobs} jobs cancelled while all replicas run`)
    for (let number = 1; number <= Number(values.jobs); number += 1) await cancels.next(number)
    for (const line of cancels.lines()) print(line)
    return cancels.isWithin ? 0 : 1
  } finally {
    await bench.disposeAsync()
  }
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { JobId, PeerId } from '../../protocol/ids.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import { TIMES } from '../../protocol/params.ts'
import { planSeats, until } from '../e2e/driven-swarm.ts'
import { plainRequest } from '../../protocol/jobs/plain-request.ts'
import { opened, submitted } from '../e2e/run-job.ts'
import { startSlowModel } from '../e2e/slow-model.ts'
import { figures, percentile } from './percentiles.ts'
import { pick, Place } from './place.ts'

const PEERS = 6
const REPLICAS = 3
const STANDBYS = 2
/** Longer than a takeover takes: the killed runner's slot is still wanted, and the others still run. */
const RUN_MS = 4_000
/** A second of detecting, starting and of the machine's own, beyond what leases ask for. */
const BAR_MS = TIMES.leaseMs + TIMES.graceMs + 1_000
const LOOK_MS = 10
/** Beyond a job's whole commitMs nothing is waited for. */
const WAIT_MS = TIMES.commitMs + 30_000

interface Kill {
  readonly job: JobId
  readonly victim: PeerId
  readonly slot: number
  readonly atMs: number
}

/**
 * Kills, job for job, a peer whose slot is running, and measures how long it takes until a standby runs in its place, by
 * the standby's own word. Everybody witnesses, anybody may be the job's steward; the killed one is back before the next job.
 */
class Takeovers {
  readonly #places: readonly Place[]
  readonly #tookMs: number[] = []
  readonly #ends = new Map<string, number>()
  /** It has only just heard what the others offer, so the next job begins elsewhere. */
  #restarted: Place | undefined

  constructor(places: readonly Place[]) {
    this.#places = places
  }

  async next(number: number): Promise<void> {
    const kill = await this.#kill(number)
    const victim = this.#placeOf(kill.victim)
    victim.prepare()
    const others = this.#places.filter((place) => place !== victim)
    this.#tookMs.push((await this.#takenOverMs(others, kill)) - kill.atMs)
    await victim.restart()
    const observer = pick(others)
    const closed = await this.#seen(observer, kill.job, ({ closedMs }) => closedMs !== null)
    this.#ends.set(closed.status, (this.#ends.get(closed.status) ?? 0) + 1)
    this.#restarted = victim
  }

  lines(): readonly string[] {
    const p95 = percentile(this.#tookMs, 0.95)
    const ends = [...this.#ends].map(([status, count]) => `${count} ${status}`)
    return [
      `kill -> standby runs  ${figures(this.#tookMs)}`,
      `  p95 ${p95.toFixed(0)} ms, longest ${Math.max(...this.#tookMs)} ms   (bar: p95 <= ${BAR_MS} ms)`,
      `jobs                  ${ends.join(', ')}`,
    ]
  }

  get isWithin(): boolean {
    return percentile(this.#tookMs, 0.95) <= BAR_MS
  }

  /** A job is submitted to anybody else, and once all its slots run the holder of one of them is killed. */
  async #kill(number: number): Promise<Kill> {
    const { peer } = pick(this.#places.filter((place) => place !== this.#restarted))
    // Of a peer that it hasn't heard of since its own restart it would ask nothing, and have fewer standbys.
    await until(peer, 'the others offer their nodes', ({ offering }) => offering >= PEERS - 1)
    const prompt = await peer.putBlob(new TextEncoder().encode(`Takeover ${number}`))
    const request = plainRequest(prompt, REPLICAS, STANDBYS)
    const job = await opened(peer, await submitted(peer, request))
    const isRunning = ({ slots }: JobRecord) =>
      slots.length === REPLICAS && slots.every(({ state }) => state === 'started')
    const { slots } = await this.#seen(pick(this.#places), job, isRunning)
    const { slot, peer: victim } = pick(slots)
    return { job, slot, victim, atMs: await this.#placeOf(victim).kill() }
  }

  async #takenOverMs(places: readonly Place[], { job, slot }: Kill): Promise<number> {
    const endMs = Date.now() + WAIT_MS
    while (Date.now() < endMs) {
      for (const { seat, peer } of places) {
        const event = (await peer.record(job))?.timeline.find(
          (one) => one.phase === 'taken-over' && one.slot === slot && one.peer === seat.id,
        )
        if (event !== undefined) return event.atMs
      }
      await pause(LOOK_MS)
    }
    const seen = await Promise.all(
      places.map(async ({ seat, peer }) => told(seat.id, await peer.record(job))),
    )
    throw new Error([`nobody took slot ${slot} of ${job} over`, ...seen].join('\n'))
  }

  async #seen(place: Place, job: JobId, holds: (record: JobRecord) => boolean): Promise<JobRecord> {
    const endMs = Date.now() + WAIT_MS
    let record: JobRecord | undefined
    while (Date.now() < endMs) {
      record = await place.peer.record(job)
      if (record !== undefined && holds(record)) return record
      await pause(LOOK_MS)
    }
    throw new Error(`job ${job} came no further than ${record?.status ?? 'unheard of'} at ${place.seat.id}`)
  }

  #placeOf(peer: PeerId): Place {
    const place = this.#places.find(({ seat }) => seat.id === peer)
    if (place === undefined) throw new RangeError(`nobody is ${peer}`)
    return place
  }

  async open(): Promise<void> {
    await Promise.all(this.#places.map((place) => place.ready()))
    const ids = this.#places.map(({ seat }) => seat.id)
    for (const { peer } of this.#places)
      await until(peer, 'all are endowed', ({ accounts }) =>
        ids.every((id) => (accounts[id]?.free ?? 0n) + (accounts[id]?.claimable ?? 0n) > 0n),
      )
  }
}

/** What a peer knows of a job, for whoever wants to know why it didn't go as it should. */
function told(id: PeerId, record: JobRecord | undefined): string {
  if (record === undefined) return `${id}: never heard of it`
  const { status, spec, slots, standbys, timeline } = record
  const since = (atMs: number) => atMs - record.heardMs
  const runners = slots.map(({ slot, rank, state, peer }) => `slot ${slot} ${peer} as ${rank} ${state}`)
  const events = timeline.map(({ phase, atMs, peer }) => `+${since(atMs)} ${phase} ${peer ?? ''}`)
  return [
    `${id}: ${status}, steward ${spec.steward}`,
    ...runners,
    `standbys ${standbys.join(' ')}`,
    ...events,
  ].join('\n  ')
}

/** `npm run bench -- takeover --jobs 100`; resolves with the exit code. */
export async function takeoverCommand(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { jobs: { type: 'string', default: '100' } } })
  const jobs = Number(values.jobs)
  const print = (line: string) => process.stdout.write(`${line}\n`)
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-takeover-'))
  const bench = new AsyncDisposableStack()
  try {
    bench.defer(() => rm(root, { recursive: true, force: true }))
    const model = await startSlowModel(RUN_MS)
    bench.defer(() => model.close())
    const seats = await planSeats(root, { count: PEERS })
    const flags = { providers: 'ollama', ollamaUrl: model.url }
    const places = seats.map((seat) => new Place({ ...seat, flags: { ...seat.flags, ...flags } }))
    bench.defer(async () => void (await Promise.all(places.map((place) => place.end()))))
    const takeovers = new Takeovers(places)
    await takeovers.open()
    for (let number = 1; number <= jobs; number += 1) {
      await takeovers.next(number)
      if (number % 10 === 0) print(`${number} kills`)
    }
    for (const line of takeovers.lines()) print(line)
    return takeovers.isWithin ? 0 : 1
  } finally {
    await bench.disposeAsync()
  }
}

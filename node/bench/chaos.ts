import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Job } from '../../protocol/api/job-schema.ts'
import { ApiError } from '../../protocol/api/client.ts'
import { connect, isGone } from '../cli/api.ts'
import { planSeats, until } from '../e2e/driven-swarm.ts'
import { startSlowModel } from '../e2e/slow-model.ts'
import { poll } from '../swarm/poll.ts'
import { type OutsideSum, outsideSum } from './outside-sum.ts'
import { pick, Place } from './place.ts'

/** Of five peers one is a member and no witness, so four must hold three votes together while one of them is down. */
const SPARED = 1
const REPLICAS = 2
/** Jobs that clients wait for at a time. */
const CLIENTS = 4
const LOOK_MS = 250
/** A job ends by its void at the latest, some 13 minutes after it was opened. */
const STUCK_MS = 900_000
const LEVEL_MS = 120_000

/** Refusals that say that a peer has only just begun: the client asks the next one. */
const TRY_AGAIN: ReadonlySet<string> = new Set([
  'not_ready',
  'queue_full',
  'too_few_nodes',
  'model_unknown',
  'price_too_low',
  'outcome_unknown',
])

interface Counts {
  kills: number
  /** Requests whose peer was killed before it answered: it may have opened a job or not. */
  unanswered: number
  readonly ends: Map<Job['status'], number>
}

/** Clients, a killer, and in the end somebody who adds up, all of them outside of the swarm. */
class Chaos {
  readonly #places: readonly Place[]
  readonly #print: (line: string) => void
  readonly counts: Counts = { kills: 0, unanswered: 0, ends: new Map() }
  readonly #ending = new AbortController()

  constructor(places: readonly Place[], print: (line: string) => void) {
    this.#places = places
    this.#print = print
  }

  async play(jobs: number, periodMs: number): Promise<ReadonlySet<string>> {
    const killing = this.#kill(periodMs)
    const ids = new Set<string>()
    let left = jobs
    const client = async (): Promise<void> => {
      while (left > 0) {
        left -= 1
        const id = await this.#submit()
        ids.add(id)
        const { status } = await this.#ended(id)
        this.counts.ends.set(status, (this.counts.ends.get(status) ?? 0) + 1)
        const ended = [...this.counts.ends.values()].reduce((sum, count) => sum + count, 0)
        if (ended % 20 === 0) this.#print(`${ended} jobs over, ${this.counts.kills} kills`)
      }
    }
    try {
      await Promise.all(Array.from({ length: CLIENTS }, client))
    } finally {
      this.#ending.abort()
      await killing
    }
    return ids
  }

  /** One after another, whoever it is: the client's own peer as well as a witness or a runner. */
  async #kill(periodMs: number): Promise<void> {
    while (!this.#ending.signal.aborted) {
      const victim = pick(this.#places)
      victim.prepare()
      await pause(periodMs, undefined, { signal: this.#ending.signal }).catch(() => undefined)
      if (this.#ending.signal.aborted) return
      await victim.kill()
      this.counts.kills += 1
      await victim.restart()
    }
  }

  /** Asks one peer after another until one takes the job. */
  async #submit(): Promise<string> {
    for (;;) {
      const place = pick(this.#places)
      const { url } = place
      try {
        if (url !== undefined) {
          const body = { prompt: `What survives ${Math.random()}?`, replicas: REPLICAS }
          return await this.#opened(place, await connect(url).submitJob({ body }))
        }
      } catch (error) {
        const isLater = error instanceof ApiError && TRY_AGAIN.has(error.code)
        if (!isLater && !isGone(error)) throw error
        if (!(error instanceof ApiError)) this.counts.unanswered += 1
      }
      await pause(LOOK_MS)
    }
  }

  /** Of a job that waits only its own peer knows, under another id, until it is opened. */
  async #opened(place: Place, submitted: Job): Promise<string> {
    const look = async (): Promise<Job | undefined> => {
      await pause(LOOK_MS)
      if (place.url === undefined) return undefined
      const found = connect(place.url).getJob({ params: { id: submitted.id } })
      const job = await found.catch((error: unknown) => {
        if (!isGone(error)) throw error
        return undefined
      })
      return job?.status === 'queued' ? undefined : job
    }
    if (submitted.status !== 'queued') return submitted.id
    const job = await poll(look, { timeoutMs: STUCK_MS })
    if (job === undefined) throw new Error(`the submission ${submitted.id} was never opened`)
    return job.id
  }

  /** The job as two different peers show it once it is over. */
  async #ended(id: string): Promise<Job> {
    const seen = new Map<Place, Job>()
    const look = async (): Promise<Job | undefined> => {
      const place = pick(this.#places.filter((one) => !seen.has(one)))
      if (place.url === undefined) return undefined
      const job = await connect(place.url).getJob({ params: { id } })
      if (job.closed_at !== null) seen.set(place, job)
      await pause(LOOK_MS)
      return seen.size < 2 ? undefined : job
    }
    const job = await poll(look, { timeoutMs: STUCK_MS })
    if (job === undefined) throw new Error(`job ${id} never ended; ${await this.#told(id)}`)
    const [one, other] = [...seen.values()]
    if (one?.status !== other?.status || one?.charged !== other?.charged)
      throw new Error(`two peers say different things of job ${id}`)
    return job
  }

  /** Which decision a job waits for, as each peer sees it. */
  async #told(id: string): Promise<string> {
    const told = this.#places.map(async ({ url, seat }) => {
      const job = url === undefined ? undefined : await connect(url).getJob({ params: { id } })
      const slots = job?.slots.map(({ slot, rank, state }) => `${slot}/${rank} ${state}`).join(', ')
      return `${seat.flags.operator}: ${job?.status ?? 'down'} [${slots ?? ''}]`
    })
    return (await Promise.all(told.map((one) => one.catch(String)))).join('; ')
  }

  /** What each peer's transactions add up to, once nobody has anything that another one lacks. */
  async sums(): Promise<readonly OutsideSum[]> {
    const level = await poll(
      async () => {
        const looks = await Promise.all(this.#places.map(({ peer }) => peer.look()))
        const [first] = looks
        const isLevel = looks.every(({ root, supply }) => root === first?.root && supply.escrowed === 0n)
        return isLevel ? looks : undefined
      },
      { timeoutMs: LEVEL_MS },
    )
    if (level === undefined) throw new Error('the peers never came to show one ledger without open jobs')
    return Promise.all(this.#places.map(({ url = '' }) => outsideSum(connect(url))))
  }
}

/** The table, and whether the bars are met. */
function verdictOf(
  ids: ReadonlySet<string>,
  sums: readonly OutsideSum[],
  { kills, unanswered, ends }: Counts,
) {
  const over = [...ends.values()].reduce((sum, count) => sum + count, 0)
  const lost = [...ids].filter((id) => sums.some(({ charges }) => !charges.has(id)))
  const twice = sums.flatMap(({ charges }) => [...charges].filter(([, times]) => times > 1).map(([id]) => id))
  const unsettled = new Set(sums.flatMap((sum) => sum.unsettled))
  const overpaid = new Set(sums.flatMap((sum) => sum.overpaid))
  const differences = sums.filter(({ difference }) => difference !== 0n).length
  const extra = Math.max(...sums.map(({ charges }) => charges.size)) - ids.size
  const statuses = [...ends].map(([status, count]) => `${count} ${status}`)
  return {
    isMet:
      over === ids.size && lost.length + twice.length + unsettled.size + overpaid.size + differences === 0,
    lines: [
      `kills              ${kills}, each of a random peer, which is restarted at once`,
      `jobs over          ${over} of ${ids.size}: ${statuses.join(', ')}   (bar: all)`,
      `unanswered         ${unanswered} requests whose peer was killed meanwhile; ${extra} of them had opened a job`,
      `lost               ${lost.length}   (bar: 0)`,
      `charged twice      ${twice.length}   (bar: 0)`,
      `not settled        ${unsettled.size}   (bar: 0)`,
      `settled for more   ${overpaid.size}   (bar: 0)`,
      `sums that differ   ${differences} of ${sums.length} peers   (bar: 0)`,
    ],
  }
}

/** `npm run chaos -- --peers 5 --jobs 200 [--period 2000] [--run 1000]`; resolves with the exit code. */
async function chaosCommand(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      peers: { type: 'string', default: '5' },
      jobs: { type: 'string', default: '200' },
      period: { type: 'string', default: '2000' },
      run: { type: 'string', default: '1000' },
    },
  })
  const stack = new AsyncDisposableStack()
  try {
    return await runChaos(stack, {
      peers: Number(values.peers),
      jobs: Number(values.jobs),
      periodMs: Number(values.period),
      runMs: Number(values.run),
    })
  } finally {
    await stack.disposeAsync()
  }
}

interface Settings {
  readonly peers: number
  readonly jobs: number
  /** From one kill to the next. */
  readonly periodMs: number
  /** How long the model takes for an answer: with an instant one hardly any kill would hit a job. */
  readonly runMs: number
}

async function runChaos(
  stack: AsyncDisposableStack,
  { peers: count, jobs, periodMs, runMs }: Settings,
): Promise<number> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`)
  const root = await mkdtemp(join(tmpdir(), 'hyperlooms-chaos-'))
  stack.defer(() => rm(root, { recursive: true, force: true }))
  const seats = await planSeats(root, { count, witnesses: count - SPARED })
  const model = await startSlowModel(runMs)
  stack.defer(() => model.close())
  const flags = { providers: 'ollama', ollamaUrl: model.url }
  const places = seats.map((seat) => new Place({ ...seat, flags: { ...seat.flags, ...flags } }))
  stack.defer(async () => void (await Promise.all(places.map((place) => place.end()))))
  await Promise.all(places.map((place) => place.ready()))
  for (const { peer } of places)
    await until(peer, 'all are endowed and offer their nodes', ({ accounts, offering }) => {
      const isRich = Object.values(accounts).every(({ free, claimable }) => free + claimable > 0n)
      return isRich && offering >= count - 1
    })
  print(
    `${count} peers, of whom ${count - SPARED} witness; a kill every ${periodMs} ms; a run takes ${runMs} ms`,
  )
  const chaos = new Chaos(places, print)
  const ids = await chaos.play(jobs, periodMs)
  const { lines, isMet } = verdictOf(ids, await chaos.sums(), chaos.counts)
  for (const line of lines) print(line)
  return isMet ? 0 : 1
}

process.exit(await chaosCommand(process.argv.slice(2)))

import type { JobId } from '../../protocol/ids.ts'
import type { Command, CommandResult } from '../../protocol/peer/command.ts'
import type { Violation } from '../checkers/panel.ts'
import { createRandom, type Random } from '../random.ts'
import { heal, MODEL_NAME, type World, type WorldPeer } from '../world.ts'
import { drawPlan, type JobsPlan } from './draw-plan.ts'
import { createJobWatch, type JobEnd, type JobWatch } from './job-watch.ts'
import { createWatchedWorld, jobOf, type ScenarioOptions } from './watched-world.ts'

export interface JobsOptions extends ScenarioOptions {
  readonly jobs: number
  /** Crashes while jobs are under way, too, and not only in the pauses between them. */
  readonly harsh?: boolean
}

export interface JobsReport {
  readonly seed: number
  readonly peers: number
  readonly ends: Readonly<Record<JobEnd, number>>
  readonly crashes: number
  /** Virtual time from the submission to the payer's knowledge of the end. */
  readonly slowestJob: { readonly job: string; readonly virtualMs: number }
  readonly virtualMs: number
  readonly steps: number
  /** Trust snapshots that were made. */
  readonly snapshots: number
  readonly traceHash: string
  readonly violations: readonly Violation[]
  /** The run's own demand that wasn't met, if any: a wait that didn't end. */
  readonly stuck: string | undefined
}

// A job is at the latest void after voidMs (760 s); the rest is for deciding that.
const JOB_LIMIT_MS = 900_000
// Mints are one entry after another through loss and retries of up to 5 s.
const FUNDING_LIMIT_MS = 300_000
const HEALING_LIMIT_MS = 1_200_000
// After healing nothing may change any more; four rounds of sync would show it.
const SETTLED_MS = 60_000
// Some hundred times what a whole run takes: a loop of events without progress ends here.
const STEPS_LIMIT = 5_000_000
const GRANT_UNITS = 50_000_000n
/** Most jobs are over within it; later deadlines would hit none. */
const DEADLINE_MS_MAX = 2_500
const PAUSE_MS = 200
const DOWN_MS = 4_000
const RETRY_MS = 1_000
const RETRIES_MAX = 120

/** Thrown when the run can't go on; the report says where. */
class StuckError extends Error {}

/** The scenario of part 1: a founded swarm, money, jobs among faults, crashes in the pauses, then healing. */
export function runJobs(options: JobsOptions): JobsReport {
  const random = createRandom(`jobs ${options.seed}`)
  const plan = drawPlan(random.fork('plan'))
  const { world, panel } = createWatchedWorld('world', options, plan)
  const watch = createJobWatch()
  world.watch(watch.observe)
  const run = new JobsRun({
    world,
    plan,
    random,
    watch,
    examine: panel.examine,
    violations: panel.violations,
  })
  const stuck = run.play(options.jobs, options.harsh ?? false)
  if (stuck === undefined) panel.conclude()
  return {
    seed: options.seed,
    peers: plan.peers.length,
    ends: run.ends(),
    crashes: run.crashes,
    slowestJob: run.slowestJob,
    virtualMs: world.now,
    steps: world.steps,
    snapshots: Math.max(0, ...world.peers.map(({ body }) => body.view?.trust().number ?? 0)),
    traceHash: world.traceHash(),
    violations: panel.violations,
    stuck,
  }
}

interface RunParts {
  readonly world: World
  readonly plan: JobsPlan
  readonly random: Random
  readonly watch: JobWatch
  readonly examine: () => void
  readonly violations: readonly Violation[]
}

interface Submitted {
  readonly payer: WorldPeer
  readonly job: JobId
  readonly atMs: number
}

class JobsRun {
  readonly #parts: RunParts
  readonly #submitted: Submitted[] = []
  crashes = 0
  slowestJob = { job: '', virtualMs: 0 }

  constructor(parts: RunParts) {
    this.#parts = parts
  }

  /** Plays the whole run; what it waited for in vain, or undefined. */
  play(jobs: number, harsh: boolean): string | undefined {
    try {
      for (const peer of this.#parts.world.peers) this.#parts.world.start(peer)
      this.#fund()
      while (this.#submitted.length < jobs) {
        const batch = this.#submitSome(jobs - this.#submitted.length)
        if (harsh) this.#crashSome()
        this.#await(batch)
        this.#crashSome()
      }
      this.#heal()
      return undefined
    } catch (error) {
      if (error instanceof StuckError) return error.message
      throw error
    }
  }

  ends(): Record<JobEnd, number> {
    const ends = { completed: 0, unresolved: 0, void: 0 }
    for (const { payer, job } of this.#submitted) {
      const end = this.#parts.watch.endOf(payer.id, job)
      if (end !== undefined) ends[end] += 1
    }
    return ends
  }

  #fund(): void {
    const { world } = this.#parts
    const [minter] = world.peers
    if (minter === undefined) return
    const grants = world.peers.map(({ id }) =>
      world.command(minter, { type: 'mint', to: id, amount: GRANT_UNITS, memo: 'grant' }),
    )
    this.#until('the mints to be certified', FUNDING_LIMIT_MS, () =>
      world.peers.every(({ id, body }) => {
        const account = body.view?.account(id)
        return account !== undefined && account.free + account.claimable >= GRANT_UNITS
      }),
    )
    for (const grant of grants) {
      const result = world.resultOf(grant)
      if (result?.ok !== true) throw new StuckError(`a mint was answered with ${JSON.stringify(result)}`)
    }
  }

  #submitSome(most: number): readonly Submitted[] {
    const { random, plan } = this.#parts
    const count = Math.min(most, 1 + random.below(plan.concurrentMax))
    const batch = Array.from({ length: count }, () => this.#submit())
    this.#submitted.push(...batch)
    return batch
  }

  #await(batch: readonly Submitted[]): void {
    const { random, watch, world } = this.#parts
    for (const { payer, job, atMs } of batch) {
      this.#until(`job ${job} to end`, JOB_LIMIT_MS, () => watch.endOf(payer.id, job) !== undefined)
      const virtualMs = world.now - atMs
      if (virtualMs > this.slowestJob.virtualMs) this.slowestJob = { job, virtualMs }
    }
    this.#pass(random.below(PAUSE_MS))
    this.#parts.examine()
  }

  /** Submits one job, again and again while the payer says that it can't be done yet. */
  #submit(): Submitted {
    const { world, random } = this.#parts
    const payer = random.pick(world.peers)
    const number = this.#submitted.length
    const prompt = `Which shipment is number ${number} of ${random.below(1_000_000)}?`
    const replicas = 1 + random.below(this.#replicasMax())
    const command = jobOf(payer, prompt, {
      model: random.pick([MODEL_NAME, null]),
      replicas,
      standbys: random.below(3),
      comparator: random.pick(['auto', 'text', 'exact'] as const),
      visibility: random.pick(['private', 'public'] as const),
      ...this.#deadline(),
    })
    for (let attempt = 0; ; attempt += 1) {
      const result = this.#ask(payer, command)
      if (result.ok && result.type === 'job') return { payer, job: result.job, atMs: world.now }
      if (attempt === RETRIES_MAX) throw new StuckError(`a job is refused with ${JSON.stringify(result)}`)
      this.#pass(RETRY_MS)
    }
  }

  /** One job in four has a deadline that may pass in any state of it: its payer's peer cancels it then. */
  #deadline(): { readonly deadlineMs?: number } {
    const { random } = this.#parts
    return random.below(4) === 0 ? { deadlineMs: 1 + random.below(DEADLINE_MS_MAX) } : {}
  }

  /** Under operator diversity a job can't have more replicas than there are operators. */
  #replicasMax(): number {
    const { plan } = this.#parts
    const { diversity } = plan.charter
    const voters = new Set(plan.peers.map(({ operator }, at) => (diversity === 'peer' ? at : operator)))
    return Math.min(5, plan.peers.length - 1, voters.size - 1)
  }

  #ask(peer: WorldPeer, command: Command): CommandResult {
    const { world } = this.#parts
    const asked = world.command(peer, command)
    this.#until(`an answer to ${command.type}`, FUNDING_LIMIT_MS, () => world.resultOf(asked) !== undefined)
    const result = world.resultOf(asked)
    if (result === undefined) throw new StuckError('the answer is gone')
    return result
  }

  #crashSome(): void {
    const { world, random, plan } = this.#parts
    const victims = random.shuffled(world.peers).slice(0, random.below(plan.crashesMax + 1))
    for (const victim of victims) {
      this.#pass(random.below(PAUSE_MS))
      world.crash(victim)
      this.crashes += 1
    }
    for (const victim of random.shuffled(victims)) {
      this.#pass(random.below(DOWN_MS))
      world.start(victim)
    }
  }

  #heal(): void {
    const { world, watch } = this.#parts
    heal(world)
    this.#until('all to converge', HEALING_LIMIT_MS, () => {
      const views = world.peers.map(({ body }) => body.view)
      const [first] = views
      return (
        views.every((view) => view?.ledgerRoot() === first?.ledgerRoot()) &&
        views.every((view) => view?.openJobs().length === 0) &&
        views.every((view) => view?.trust().waiting === 0) &&
        this.#submitted.every(({ job }) => world.peers.every(({ id }) => watch.endOf(id, job) !== undefined))
      )
    })
    this.#pass(SETTLED_MS)
    this.#parts.examine()
  }

  #pass(virtualMs: number): void {
    const { world } = this.#parts
    const end = world.pass({ virtualMs, steps: STEPS_LIMIT }, () => this.#isBroken())
    if (this.#isBroken()) throw new StuckError('stopped at a violation')
    if (end !== 'time') throw new StuckError(`${virtualMs} ms did not pass: ${end}`)
  }

  #until(what: string, virtualMs: number, isMet: () => boolean): void {
    const met = () => this.#isBroken() || isMet()
    const end = this.#parts.world.runUntil(met, { virtualMs, steps: STEPS_LIMIT })
    if (this.#isBroken()) throw new StuckError('stopped at a violation')
    if (end !== 'met') throw new StuckError(`waited for ${what} until out of ${end}`)
  }

  #isBroken(): boolean {
    return this.#parts.violations.length > 0
  }
}

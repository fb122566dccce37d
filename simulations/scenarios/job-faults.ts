import { decodeRecord } from '../../protocol/encoding/body.ts'
import type { Digest, JobId } from '../../protocol/ids.ts'
import { submissionCodec } from '../../protocol/jobs/ticket.ts'
import { keys } from '../../protocol/records/keys.ts'
import type { createPanel, Violation } from '../checkers/panel.ts'
import { createRandom, type Random } from '../random.ts'
import { CALM } from '../faults.ts'
import { isCorrect } from '../peer-plan.ts'
import { heal, type World, type WorldPeer } from '../world.ts'
import { AimedTroubles, type TroubleFigures } from './aimed-trouble.ts'
import { drawJobFaults } from './draw-job-faults.ts'
import type { JobFaultsPlan, JobPlan } from './job-faults-plan.ts'
import { createJobWatch, type JobEnd } from './job-watch.ts'
import { countFacts } from './ledger-figures.ts'
import { isLevel, stateOf } from './level.ts'
import { createPower, type Power } from './trouble.ts'
import { createWatchedWorld, jobOf, type ScenarioOptions } from './watched-world.ts'

export interface JobFaultsReport extends TroubleFigures {
  readonly scenario: 'jobs'
  readonly seed: number
  readonly peers: number
  /** Peers that do wrong on purpose. */
  readonly adversaries: number
  readonly crashes: number
  /** Jobs that were opened, and how they ended. */
  readonly jobs: number
  readonly ends: Readonly<Record<JobEnd, number>>
  /** Runs that a standby began. */
  readonly takeovers: number
  /** Attempts after the first. */
  readonly reassigned: number
  readonly virtualMs: number
  readonly steps: number
  readonly traceHash: string
  readonly violations: readonly Violation[]
}

const GRANT_UNITS = 1_000_000n
const FUNDING_LIMIT_MS = 20_000
/** The last moment at which a job's end may still be undecided, after its own times have passed. */
const ENDING_MS = 40_000
/** A snapshot of trust is due a minute after the one before. */
const SETTLING_MS = 200_000
const LOOK_MS = 500
const SETTLED_MS = 16_000
// Some hundred times what a whole run takes: a loop of events without progress ends here.
const STEPS_LIMIT = 100_000

/**
 * A few jobs whose payers, runners, standbys and witnesses crash, part and lie at drawn phases. Then a core heals, without
 * those that are gone for good, and every job must end; then everybody comes back, and all must agree.
 */
export function runJobFaults(options: ScenarioOptions): JobFaultsReport {
  const random = createRandom(`job faults ${options.seed}`)
  const plan = drawJobFaults(random.fork('plan'))
  const power = createPower(random.fork('power'), plan.pointsMax)
  return playJobFaults(options, { plan, random, power })
}

/** What a run goes by, drawn or not. */
export interface JobFaultsParts {
  readonly plan: JobFaultsPlan
  readonly random: Random
  /** Fails nowhere before everybody has money. */
  readonly power: Power
  /** Told of the world before anything happens in it. */
  readonly begin?: (world: World) => void
}

/** The same with a plan of somebody's choosing. */
export function playJobFaults(
  options: ScenarioOptions,
  { plan, random, power, begin }: JobFaultsParts,
): JobFaultsReport {
  const { world, panel } = createWatchedWorld('job faults', options, {
    ...plan,
    faults: CALM,
    fails: (peer, point) => run.hasBegun && power.fails(peer, point),
  })
  const counts = countFacts(world)
  begin?.(world)
  const watch = createJobWatch()
  world.watch(watch.observe)
  const run: JobFaultsRun = new JobFaultsRun({ world, plan, random, power, panel })
  run.play()
  return {
    scenario: 'jobs',
    seed: options.seed,
    peers: plan.peers.length,
    adversaries: plan.peers.filter(({ adversaries = [] }) => adversaries.length > 0).length,
    crashes: counts.crashes,
    ...run.jobFigures(watch.endOf),
    ...run.troubles.figures,
    virtualMs: world.now,
    steps: world.steps,
    traceHash: world.traceHash(),
    violations: panel.violations,
  }
}

interface RunParts {
  readonly world: World
  readonly plan: JobFaultsPlan
  readonly random: Random
  readonly power: Power
  readonly panel: ReturnType<typeof createPanel>
}

class JobFaultsRun {
  readonly #parts: RunParts
  readonly #opened = new Set<JobId>()
  /** Names of submissions that waited, each with its payer. */
  readonly #waited = new Map<Digest, WorldPeer>()
  #takeovers = 0
  readonly troubles: AimedTroubles
  hasBegun = false

  constructor(parts: RunParts) {
    this.#parts = parts
    this.troubles = new AimedTroubles(parts.world, parts.plan, parts.random.fork('trouble'))
    parts.world.watch((observation) => {
      if (observation.type !== 'effect' || observation.effect.type !== 'run') return
      const { job, slot } = observation.effect.order
      const peer = parts.world.peers.find(({ id }) => id === observation.peer)
      const assigned = peer?.body.view?.job(job)?.slots.find((one) => one.slot === slot)
      if (assigned !== undefined && assigned.rank > 0) this.#takeovers += 1
    })
  }

  jobFigures(endOf: (peer: string, job: string) => JobEnd | undefined) {
    const ends = { completed: 0, unresolved: 0, void: 0 }
    let reassigned = 0
    const [first] = this.#parts.world.peers
    const opened = new Set([...this.#opened, ...this.#openedLater()])
    for (const job of opened) {
      const end = first === undefined ? undefined : endOf(first.id, job)
      if (end !== undefined) ends[end] += 1
      if (first?.disk.records().has(keys.decision(job, 2)) === true) reassigned += 1
    }
    return { jobs: opened.size, ends, takeovers: this.#takeovers, reassigned }
  }

  #openedLater(): readonly JobId[] {
    return [...this.#waited].flatMap(([name, { disk }]) => {
      const value = disk.records().get(keys.submission(name))
      const job = value === undefined ? null : decodeRecord(submissionCodec, value, keys.submission(name)).job
      return job === null ? [] : [job]
    })
  }

  /** Plays until the end or the first violation. */
  play(): void {
    const { world, plan, random, power, panel } = this.#parts
    for (const peer of world.peers) world.start(peer)
    this.#fund()
    world.setFaults(plan.faults)
    this.hasBegun = true
    this.troubles.begin()
    for (const job of plan.jobs) world.after(job.atMs, () => this.#submit(job, random))
    this.#pass(plan.troubleMs)
    power.hold()
    this.troubles.end()
    panel.examine()
    this.#healAll()
    const lastMs = Math.max(...plan.jobs.map(({ terms }) => terms.voidMs))
    const isOver = () => this.#core().every(hasEnded(this.#core()))
    this.#converge('ends', lastMs + ENDING_MS, isOver)
    this.#converge('liveness', SETTLING_MS, () => isLevel(this.#core()))
    for (const peer of world.peers) world.letBack(peer)
    this.#healAll()
    this.#converge('liveness', SETTLING_MS, () => isLevel(this.#core()))
    this.#pass(SETTLED_MS)
    // What a liar offered long ago it may have had certified only now.
    this.#converge('ends', lastMs + ENDING_MS, isOver)
    this.#converge('liveness', SETTLING_MS, () => isLevel(this.#core()))
    panel.examine()
    if (!this.#isBroken()) panel.conclude()
  }

  #fund(): void {
    const { world, panel } = this.#parts
    const [minter] = world.peers
    if (minter === undefined) return
    for (const { id } of world.peers)
      world.command(minter, { type: 'mint', to: id, amount: GRANT_UNITS, memo: '' })
    const limits = { virtualMs: FUNDING_LIMIT_MS, steps: STEPS_LIMIT }
    const isFunded = ({ id, body }: WorldPeer) => {
      const account = body.view?.account(id)
      return account !== undefined && account.free + account.claimable >= GRANT_UNITS
    }
    const end = world.runUntil(
      () => this.#isBroken() || world.peers.filter(isCorrect).every(isFunded),
      limits,
    )
    if (end !== 'met') panel.report('liveness', `the mints weren't certified: ${end}`)
  }

  #submit(plan: JobPlan, random: Random): void {
    const { world } = this.#parts
    const payer = world.peers[plan.payer]
    if (payer?.body.running !== true) return
    const { replicas, standbys, minConfidence, visibility, terms, deadlineMs } = plan
    const command = jobOf(payer, `Which shipment is number ${random.below(1_000_000)}?`, {
      model: null,
      replicas,
      standbys,
      comparator: 'exact',
      visibility,
    })
    const request = {
      ...command.request,
      minConfidence,
      terms,
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    }
    const asked = world.command(payer, { ...command, request })
    this.#note(payer, asked)
  }

  /** Only what was answered counts as opened; the answer leaves with the next sync. One that waits may be opened later. */
  #note(payer: WorldPeer, asked: number): void {
    const { world } = this.#parts
    const look = () => {
      const result = world.resultOf(asked)
      if (result?.ok === true && result.type === 'job') this.#opened.add(result.job)
      else if (result?.ok === true && result.type === 'queued') this.#waited.set(result.ticket, payer)
      else if (result === undefined && world.now < this.#parts.plan.troubleMs * 2) world.after(LOOK_MS, look)
    }
    world.after(LOOK_MS, look)
  }

  #core(): readonly WorldPeer[] {
    const { world } = this.#parts
    return world.peers.filter((peer) => isCorrect(peer) && !world.isAway(peer.id))
  }

  #healAll(): void {
    const { world } = this.#parts
    for (const peer of world.peers) if (!peer.body.running) world.start(peer)
    heal(world)
  }

  #converge(checker: 'ends' | 'liveness', limitMs: number, isMet: () => boolean): void {
    const { world, panel } = this.#parts
    const limit = world.now + limitMs
    while (!this.#isBroken() && !isMet()) {
      if (world.now > limit) return panel.report(checker, `not after ${limitMs} ms: ${stateOf(this.#core())}`)
      this.#pass(LOOK_MS)
    }
  }

  #pass(virtualMs: number): void {
    if (this.#isBroken()) return
    const { world, panel } = this.#parts
    const end = world.pass({ virtualMs, steps: STEPS_LIMIT }, () => this.#isBroken())
    if (end !== 'time' && !this.#isBroken()) panel.report('liveness', `${virtualMs} ms did not pass: ${end}`)
  }

  #isBroken(): boolean {
    return this.#parts.panel.violations.length > 0
  }
}

/** No job that is certified, or that one of the core has paid for, is open here. */
function hasEnded(core: readonly WorldPeer[]) {
  const owed = new Set<string>(core.map(({ id }) => id))
  return ({ body: { view } }: WorldPeer) =>
    view !== undefined &&
    view.openJobs().every(({ status, account }) => status === 'pending' && !owed.has(account))
}

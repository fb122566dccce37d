import type { createPanel, Violation } from '../checkers/panel.ts'
import { createRandom, type Random } from '../random.ts'
import { isCorrect } from '../peer-plan.ts'
import { heal, type RunEnd, type World, type WorldPeer } from '../world.ts'
import { ChangeDriver } from './change-driver.ts'
import { drawLedgerPlan } from './draw-ledger-plan.ts'
import { countFacts, type EpochFigures, figuresOf } from './ledger-figures.ts'
import type { LedgerPlan } from './ledger-plan.ts'
import { isLevel, stateOf } from './level.ts'
import { sparedOf } from './spared.ts'
import { createPower, type Power, scheduleTrouble } from './trouble.ts'
import { createWatchedWorld, jobOf, type ScenarioOptions } from './watched-world.ts'

export interface LedgerReport {
  readonly scenario: 'ledger'
  readonly seed: number
  readonly witnesses: number
  readonly peers: number
  /** Peers that do wrong on purpose. */
  readonly adversaries: number
  readonly crashes: number
  readonly certified: number
  readonly decided: number
  /** Forks settled. */
  readonly resolved: number
  readonly epochs: EpochFigures
  readonly virtualMs: number
  readonly steps: number
  readonly traceHash: string
  readonly violations: readonly Violation[]
}

// A job whose runner withholds its commit is sealed after commitMs (120 s), closed, and tried twice again.
const HEALING_LIMIT_MS = 1_000_000
/** How often it is looked whether all have converged: looking costs more than most events. */
const LOOK_MS = 500
/** One full round of everybody's reconciliation with one peer: nothing may change any more. */
const SETTLED_MS = 16_000
// Some hundred times what a whole run takes: a loop of events without progress ends here.
const STEPS_LIMIT = 100_000
const GRANT_UNITS = 5_000_000n
const TRANSFER_UNITS_MAX = 1_500_000
const TRANSFER_UNITS_MIN = 10_000
/** An owner that forked asks so often for its fork to be settled, if it has been found out by then. */
const RESOLVES_MAX = 3
/** The payer is the job's steward, whose power to do harm is the greatest. */
const LIAR_PAYS_PPM = 500_000

/**
 * Money moves among many accounts, and a few jobs run, while links, hosts, clocks and adversaries do their
 * worst. Then a core heals, without one more correct witness if it can be spared, and must come to one ledger
 * with every honest entry in it; then the rest follows. Adversaries go on to the very end.
 */
export function runLedger(options: ScenarioOptions): LedgerReport {
  const random = createRandom(`ledger ${options.seed}`)
  const plan = drawLedgerPlan(random.fork('plan'))
  const power = createPower(random.fork('power'), plan.pointsMax)
  const { world, panel } = createWatchedWorld('ledger world', options, { ...plan, fails: power.fails })
  const counts = countFacts(world)
  const run = new LedgerRun({ world, plan, random, power, panel })
  run.play()
  return {
    scenario: 'ledger',
    seed: options.seed,
    witnesses: world.charter.witnesses.length,
    peers: plan.peers.length,
    adversaries: plan.peers.filter(({ adversaries = [] }) => adversaries.length > 0).length,
    crashes: counts.crashes,
    certified: counts.certified.size,
    decided: counts.decided.size,
    resolved: counts.resolved.size,
    epochs: { ordered: run.driver.ordered, ...figuresOf(panel.epochs) },
    virtualMs: world.now,
    steps: world.steps,
    traceHash: world.traceHash(),
    violations: panel.violations,
  }
}

interface RunParts {
  readonly world: World
  readonly plan: LedgerPlan
  readonly random: Random
  readonly power: Power
  readonly panel: ReturnType<typeof createPanel>
}

class LedgerRun {
  readonly #parts: RunParts
  readonly driver: ChangeDriver

  constructor(parts: RunParts) {
    this.#parts = parts
    const { world, plan, random, panel } = parts
    this.driver = new ChangeDriver({
      world,
      epochs: panel.epochs,
      changes: plan.changes,
      random: random.fork('changes'),
    })
  }

  /** Plays until the end or the first violation. */
  play(): void {
    const { world, plan, random, power, panel } = this.#parts
    const newcomers = plan.away.filter(({ fromMs }) => fromMs === 0)
    for (const peer of this.#peersAt(newcomers)) world.keepAway(peer)
    for (const peer of world.peers) world.start(peer)
    this.driver.start()
    scheduleTrouble(world, plan, random.fork('trouble'))
    this.#scheduleWork(random.fork('work'))
    this.#pass(plan.troubleMs)
    power.hold()
    this.#startAll()
    this.#pass(plan.lastingMs)
    panel.examine()
    const { newest } = panel.epochs
    const spared = plan.leavesOneOut ? sparedOf(world, newest.witnesses, this.driver.remaining) : undefined
    this.#healAllBut(spared)
    this.#converge('the core', spared)
    this.#letBack()
    if (spared !== undefined || plan.changes.length > 0) this.#healAllBut(undefined)
    this.#converge('everybody', undefined)
    this.#pass(SETTLED_MS)
    if (plan.changes.length > 0) this.#payOnceMore()
    // An adversary may have had one more entry certified meanwhile, and shown it to some.
    this.#converge('everybody, once more,', undefined)
    panel.examine()
    if (!this.#isBroken()) panel.conclude()
  }

  #scheduleWork(random: Random): void {
    const { world, plan } = this.#parts
    const [minter] = world.peers
    if (minter === undefined) return
    const liars = world.peers.filter((peer) => !isCorrect(peer))
    for (const { id } of world.peers) {
      const at = random.below(plan.troubleMs >> 2)
      world.after(at, () => {
        world.command(minter, { type: 'mint', to: id, amount: GRANT_UNITS, memo: '' })
      })
    }
    for (let count = 0; count < plan.commands; count += 1) {
      const from = random.pick(world.peers)
      const to = random.pick(world.peers).id
      const amount = BigInt(random.between({ min: TRANSFER_UNITS_MIN, max: TRANSFER_UNITS_MAX }))
      world.after(random.below(plan.troubleMs), () => {
        world.command(from, { type: 'transfer', to, amount, memo: '' })
      })
    }
    for (const liar of liars) {
      for (let count = 0; count < RESOLVES_MAX; count += 1)
        world.after(random.below(plan.troubleMs), () => world.command(liar, { type: 'resolve' }))
    }
    for (const { atMs, orders } of plan.changes) {
      for (const place of orders.flatMap(({ minters = [] }) => minters)) {
        const [from, to] = [world.peers[place], random.pick(world.peers).id]
        world.after(atMs + random.below(plan.troubleMs), () => {
          if (from !== undefined) world.command(from, { type: 'mint', to, amount: GRANT_UNITS, memo: '' })
        })
      }
    }
    for (let count = 0; count < plan.jobs; count += 1) {
      const at = (plan.troubleMs >> 2) + random.below(plan.troubleMs >> 1)
      const drawn = random.chance(LIAR_PAYS_PPM) ? random.pick([...liars, minter]) : random.pick(world.peers)
      const payer = world.peers[plan.payer ?? world.peers.indexOf(drawn)] ?? drawn
      world.after(at, () => submit(world, payer, random))
    }
  }

  /** Newcomers, laggards, and witnesses that died in a change; who left for good stays away. */
  #letBack(): void {
    const { world } = this.#parts
    for (const peer of world.peers) if (peer.plan.leaves !== true) world.letBack(peer)
  }

  #peersAt(places: LedgerPlan['away']): readonly WorldPeer[] {
    return places.flatMap(({ place }) => this.#parts.world.peers[place] ?? [])
  }

  /** Every owner pays somebody under the newest epoch. */
  #payOnceMore(): void {
    const { world } = this.#parts
    const [first, second] = world.peers.filter((peer) => isCorrect(peer) && peer.body.running)
    if (first === undefined || second === undefined) return
    for (const peer of world.peers) {
      const to = (peer === first ? second : first).id
      if (isCorrect(peer))
        world.command(peer, { type: 'transfer', to, amount: BigInt(TRANSFER_UNITS_MIN), memo: '' })
    }
    this.#pass(LOOK_MS)
  }

  #healAllBut(spared: WorldPeer | undefined): void {
    const { world } = this.#parts
    if (spared !== undefined) world.crash(spared)
    this.#startAll(spared)
    heal(world)
  }

  #startAll(spared?: WorldPeer): void {
    for (const peer of this.#parts.world.peers) {
      if (peer !== spared && !peer.body.running) this.#parts.world.start(peer)
    }
  }

  /** Waits for one ledger on all correct peers but one, with nothing of theirs under way. */
  #converge(who: string, spared: WorldPeer | undefined): void {
    const { world, panel } = this.#parts
    // A witness that dies in a change leaves it meanwhile.
    const coreNow = () =>
      world.peers.filter((peer) => isCorrect(peer) && peer !== spared && !world.isAway(peer.id))
    const limit = world.now + HEALING_LIMIT_MS
    while (!this.#isBroken() && !(this.driver.isDone && isLevel(coreNow()))) {
      if (world.now > limit) {
        const under = this.driver.isDone ? '' : `${this.driver.remaining.length} changes of epoch are left; `
        panel.report('liveness', `${who} did not converge: ${under}${stateOf(coreNow())}`)
        return
      }
      this.#pass(LOOK_MS)
    }
  }

  #pass(virtualMs: number): void {
    if (this.#isBroken()) return
    const { world, panel } = this.#parts
    const end: RunEnd = world.pass({ virtualMs, steps: STEPS_LIMIT }, () => this.#isBroken())
    if (end !== 'time' && !this.#isBroken()) panel.report('liveness', `${virtualMs} ms did not pass: ${end}`)
  }

  #isBroken(): boolean {
    return this.#parts.panel.violations.length > 0
  }
}

function submit(world: World, payer: WorldPeer, random: Random): void {
  const command = jobOf(payer, `Which shipment is number ${random.below(1_000_000)}?`, {
    model: null,
    replicas: 1 + random.below(2),
    standbys: random.below(2),
    comparator: 'exact',
    visibility: 'private',
  })
  world.command(payer, command)
}

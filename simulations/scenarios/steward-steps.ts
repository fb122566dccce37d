import { decodeEnvelope } from '../../protocol/encoding/envelope.ts'
import type { PowerPoint } from '../body-options.ts'
import { CALM } from '../faults.ts'
import type { Observation } from '../observation.ts'
import { createRandom } from '../random.ts'
import type { World } from '../world.ts'
import { type JobFaultsReport, playJobFaults } from './job-faults.ts'
import type { JobFaultsPlan } from './job-faults-plan.ts'
import type { Power } from './trouble.ts'
import type { ScenarioOptions } from './watched-world.ts'

const PEERS = 5
const WITNESSES = 4
/** Long enough that the job would be over with nobody's death. */
const TROUBLE_MS = 6_000
const SUBMITTED_MS = 500

/** A payer, who is its job's steward: one of the witnesses, or a member that is none. */
export type StewardRole = 'witness' | 'member'
export type Fate = 'comes back' | 'is gone until it is over'

/** One point of the steward's life at which its power may fail, and what it was just doing. */
export interface StewardStep {
  /** Counted from its submission. */
  readonly at: number
  readonly what: string
}

function planOf(role: StewardRole): JobFaultsPlan {
  const peerAt = (at: number) => ({
    operator: `operator ${at}`,
    witness: at < WITNESSES,
    runner: 'honest' as const,
    price: 2_000n,
    skewMs: 0,
  })
  const others = Array.from({ length: PEERS - 1 }, (_, at) => peerAt(at + 1))
  const terms = { attempts: 2, assignMs: 3_000, commitMs: 2_500, revealMs: 1_000, leaseMs: 500, graceMs: 100 }
  return {
    peers: [peerAt(0), ...others],
    charter: {
      diversity: 'peer',
      params: { priorTrust: 800_000, minConfidence: 0, fee: 1_000n, maxPrice: 10_000n, trustBidders: 0 },
    },
    faults: CALM,
    troubleMs: TROUBLE_MS,
    jobs: [
      {
        payer: stewardAt(role),
        atMs: SUBMITTED_MS,
        replicas: 2,
        standbys: 1,
        minConfidence: 0,
        visibility: 'private',
        terms: { ...terms, voidMs: 20_000 },
        deadlineMs: undefined,
      },
    ],
    troubles: [],
    pointsMax: undefined,
    clockJumpMs: 0,
  }
}

const stewardAt = (role: StewardRole) => (role === 'witness' ? 1 : WITNESSES)

/** What a peer is about to do or has just done, in a word. */
function doingOf(observation: Observation): string | undefined {
  if (observation.type === 'effect' && observation.effect.type === 'persist')
    return [...new Set(observation.effect.writes.map(({ key }) => key.split('/')[0] ?? ''))].sort().join('+')
  if (observation.type !== 'left') return undefined
  const { effect } = observation
  return effect.type === 'send' ? decodeEnvelope(effect.frame).kind : undefined
}

/** Tells the steward's points, and makes its power fail at one of them. */
class StewardPower implements Power {
  readonly steps: StewardStep[] = []
  readonly #killAt: number | undefined
  readonly #fate: Fate
  readonly #role: StewardRole
  #world: World | undefined
  #doing = ''
  #isPaying = false
  #isHeld = false

  constructor(role: StewardRole, fate: Fate, killAt?: number) {
    this.#role = role
    this.#fate = fate
    this.#killAt = killAt
  }

  begin(world: World): void {
    this.#world = world
    const { id } = this.#steward(world)
    world.watch((observation) => {
      if (observation.peer !== id) return
      if (observation.type === 'event' && observation.event.type === 'command') this.#isPaying = true
      this.#doing = doingOf(observation) ?? this.#doing
    })
  }

  fails(peer: string, point: PowerPoint): boolean {
    const world = this.#world
    if (world === undefined || this.#isHeld || !this.#isPaying || peer !== this.#steward(world).id)
      return false
    this.steps.push({
      at: this.steps.length,
      what: `${point} ${point === 'after-sync' ? '' : this.#doing}`.trim(),
    })
    if (this.steps.length - 1 !== this.#killAt) return false
    this.#isHeld = true
    // Whoever is kept away isn't started again before the others have ended the job.
    if (this.#fate !== 'comes back') world.after(0, () => world.keepAway(this.#steward(world)))
    return true
  }

  hold(): void {
    this.#isHeld = true
  }

  #steward({ peers }: World) {
    const steward = peers[stewardAt(this.#role)]
    if (steward === undefined) throw new RangeError('the plan has a steward')
    return steward
  }
}

type Options = Omit<ScenarioOptions, 'seed'>

function play(options: Options, role: StewardRole, power: StewardPower): JobFaultsReport {
  const random = createRandom(`steward ${role}`)
  const begin = (world: World) => power.begin(world)
  return playJobFaults({ ...options, seed: 0 }, { plan: planOf(role), random, power, begin })
}

/** Every point of a steward's life from its submission until the job is over, and what became of the job. */
export function stewardSteps(options: Options, role: StewardRole) {
  const power = new StewardPower(role, 'comes back')
  const report = play(options, role, power)
  return { steps: power.steps, report }
}

/** The same run, but for the steward's power, which fails at that point. */
export function killSteward(options: Options, role: StewardRole, fate: Fate, at: number): JobFaultsReport {
  return play(options, role, new StewardPower(role, fate, at))
}

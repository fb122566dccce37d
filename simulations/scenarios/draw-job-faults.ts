import type { JobTerms } from '../../protocol/jobs/spec.ts'
import { quorumSizes } from '../../protocol/swarm/quorum-size.ts'
import {
  type AdversaryName,
  JOB_MEMBER_ADVERSARIES,
  JOB_WITNESS_ADVERSARIES,
} from '../adversaries/adversaries.ts'
import { CALM, type Faults } from '../faults.ts'
import type { Random } from '../random.ts'
import type { RunnerName } from '../runner.ts'
import type { PeerPlan } from '../peer-plan.ts'
import { drawSome } from './draw-peers.ts'
import {
  type AimedTrouble,
  type JobFaultsPlan,
  type JobPlan,
  type Phase,
  WHAT,
  WHO,
} from './job-faults-plan.ts'

// 3 and 6 have t above f + 1; 4 and 7 are the first with one and two liars.
const WITNESSES = [3, 3, 4, 4, 4, 4, 5, 6, 7] as const
const MEMBERS_MAX = 3
const JOBS_MAX = 3
const TROUBLES_MAX = 6
const TROUBLE_MS = { min: 3_000, max: 9_000 } as const
const HALF_PPM = 500_000
const LIAR_PPM = 600_000
const BAD_MEMBER_PPM = 500_000
/** A plain runner in most places, or hardly a job would come to an answer. */
const ODD_RUNNER_PPM = 350_000
const ODD_RUNNERS: readonly RunnerName[] = ['liar', 'failing', 'slow', 'staller']
const MAX_PRICE_UNITS = 10_000n
const SKEW_MS = 5_000
const CLOCK_JUMP_MS = 2_000
/** Runs about a pair that works together. */
const PAIR_PPM = 250_000
const DEADLINE_PPM = 100_000
const PHASES: readonly Phase[] = [
  'bid',
  'stage',
  'stored',
  'propose',
  'prepared',
  'decision',
  'lease',
  'job-commit',
  'held',
  'seal',
  'reveal',
  'cancel',
]

export function drawJobFaults(random: Random): JobFaultsPlan {
  const often = () => random.chance(HALF_PPM)
  const drawn = drawMembers(random.fork('peers'))
  const peers = random.fork('pair').chance(PAIR_PPM) ? withPair(drawn, random.fork('of the pair')) : drawn
  const jobs = Array.from({ length: 1 + random.below(JOBS_MAX) }, () => drawJob(random, peers.length))
  const troubles = often() || often() ? 1 + random.below(TROUBLES_MAX) : 0
  return {
    peers,
    charter: {
      diversity: 'peer',
      params: {
        priorTrust: 800_000,
        minConfidence: 0,
        fee: BigInt(random.pick([0, 1_000])),
        maxPrice: MAX_PRICE_UNITS,
        trustBidders: 0,
      },
    },
    faults: drawFaults(random),
    troubleMs: random.between(TROUBLE_MS),
    jobs,
    troubles: Array.from({ length: troubles }, () => drawTrouble(random, jobs.length)),
    pointsMax: random.chance(HALF_PPM >> 1) ? random.pick([60, 200, 600]) : undefined,
    clockJumpMs: often() ? CLOCK_JUMP_MS : 0,
  }
}

/** The first peer mints and is always correct. */
function drawMembers(random: Random): JobFaultsPlan['peers'] {
  const witnesses = random.pick(WITNESSES)
  const members = random.below(MEMBERS_MAX + 1)
  const { faulty } = quorumSizes(witnesses)
  const liars = faulty > 0 && random.chance(LIAR_PPM) ? 1 + random.below(faulty) : 0
  const peerAt = (at: number): PeerPlan => {
    const witness = at < witnesses
    const isLiar = witness && at >= 1 && at <= liars
    const adversaries: AdversaryName[] = []
    if (isLiar) adversaries.push(...drawSome(random, JOB_WITNESS_ADVERSARIES, 3))
    if (!witness && random.chance(BAD_MEMBER_PPM))
      adversaries.push(...drawSome(random, JOB_MEMBER_ADVERSARIES, 2))
    const drawn = random.chance(ODD_RUNNER_PPM) ? random.pick(ODD_RUNNERS) : 'honest'
    return {
      operator: `operator ${at}`,
      witness,
      // A copier has nothing of its own.
      runner: adversaries.includes('copier') ? 'staller' : drawn,
      price: BigInt(random.between({ min: adversaries.length > 0 ? 500 : 2_000, max: 9_000 })),
      skewMs: random.below(SKEW_MS),
      adversaries,
    }
  }
  const [first, ...others] = Array.from({ length: witnesses + members }, (_, at) => peerAt(at))
  if (first === undefined) throw new Error('a swarm has a first member')
  return [first, ...others]
}

/** A copier that asks little, and a witness, if one may lie, that shows it every answer. */
function withPair(
  [first, second, ...others]: JobFaultsPlan['peers'],
  random: Random,
): JobFaultsPlan['peers'] {
  const witnesses = [first, second, ...others].filter((peer) => peer?.witness === true).length
  const copier: PeerPlan = {
    operator: 'copier',
    witness: false,
    runner: 'staller',
    price: 500n,
    skewMs: random.below(SKEW_MS),
    adversaries: ['copier'],
  }
  if (second === undefined) return [first, copier]
  const honest = others.map((peer): PeerPlan => (peer.witness ? { ...peer, adversaries: [] } : peer))
  const mayLie = quorumSizes(witnesses).faulty > 0
  const leaking: readonly AdversaryName[] = random.pick([
    ['leaking-witness'],
    ['leaking-witness', 'seal-swapper'],
  ] as const)
  const third = quorumSizes(witnesses).faulty > 1 ? others[0] : undefined
  const rest = honest.map((peer, at) => (at === 0 && third !== undefined ? third : peer))
  return [first, { ...second, adversaries: mayLie ? leaking : [] }, ...rest, copier]
}

function drawJob(random: Random, peers: number): JobPlan {
  const replicas = 1 + random.below(Math.min(3, peers - 1))
  return {
    payer: random.below(peers),
    atMs: random.below(1_500),
    replicas,
    standbys: random.below(4),
    minConfidence: random.pick([0, 500_000, 990_000]),
    visibility: random.pick(['private', 'private', 'public'] as const),
    terms: drawTerms(random),
    deadlineMs: random.chance(DEADLINE_PPM) ? random.between({ min: 100, max: 4_000 }) : undefined,
  }
}

function drawTerms(random: Random): JobTerms {
  const attempts = 1 + random.below(3)
  const assignMs = random.between({ min: 1_500, max: 6_000 })
  const commitMs = random.between({ min: 1_500, max: 5_000 })
  const revealMs = random.between({ min: 500, max: 2_000 })
  return {
    attempts,
    assignMs,
    commitMs,
    revealMs,
    voidMs: assignMs + attempts * 2 * (commitMs + revealMs) + random.below(5_000),
    leaseMs: random.between({ min: 200, max: 900 }),
    graceMs: random.between({ min: 50, max: 200 }),
  }
}

function drawTrouble(random: Random, jobs: number): AimedTrouble {
  return {
    job: random.below(jobs),
    phase: random.pick(PHASES),
    nth: 1 + random.below(random.pick([1, 4, 12])),
    who: random.pick(WHO),
    what: random.pick(WHAT),
    afterMs: random.chance(HALF_PPM) ? 0 : random.below(300),
    lastsMs: random.between({ min: 20, max: random.pick([200, 3_000]) }),
  }
}

function drawFaults(random: Random): Faults {
  const sometimes = (most: number) => (random.chance(HALF_PPM) ? random.below(most + 1) : 0)
  const baseMax = random.pick([2, 20, 80])
  return {
    link: {
      ...CALM.link,
      baseMs: { min: 1, max: baseMax },
      jitterMs: random.pick([0, 2, baseMax]),
      lossPpm: sometimes(150_000),
      duplicatePpm: sometimes(150_000),
      reorderPpm: sometimes(300_000),
      reorderMs: random.pick([5, 50, 400]),
      lostKinds: random.chance(HALF_PPM >> 1)
        ? random.pick([
            ['job-commit'],
            ['seal'],
            ['reveal'],
            ['lease'],
            ['held', 'seal'],
            ['stored', 'cancel'],
          ] as const)
        : [],
      lostKindsPpm: random.pick([500_000, 900_000]),
    },
    host: {
      syncMs: { min: 0, max: random.pick([0, 3, 20]) },
      loadMs: { min: 0, max: random.pick([0, 5]) },
      verifyMs: { min: 0, max: random.pick([0, 2, 10]) },
      computeMs: { min: 1, max: random.pick([5, 60]) },
      runMs: { min: 10, max: random.pick([100, 700]) },
      runFailurePpm: sometimes(200_000),
    },
  }
}

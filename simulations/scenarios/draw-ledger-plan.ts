import type { KindName } from '../../protocol/encoding/kinds.ts'
import { quorumSizes } from '../../protocol/swarm/quorum-size.ts'
import { FORK_ADVERSARY } from '../adversaries/adversaries.ts'
import { CALM, type Faults } from '../faults.ts'
import type { Random } from '../random.ts'
import type { PeerPlan } from '../peer-plan.ts'
import { withChanges } from './draw-epoch-plan.ts'
import { drawPeers } from './draw-peers.ts'
import type { LedgerPlan, PartitionKind } from './ledger-plan.ts'

// Small swarms are where quorums are smallest; 4 and 7 are the first with one and two liars.
const WITNESSES = [1, 2, 3, 3, 3, 4, 4, 4, 4, 4, 5, 6, 6, 7, 7] as const
const MEMBERS_MAX = 2
const TROUBLE_MS = { min: 4_000, max: 16_000 } as const
const COMMANDS = { min: 8, max: 32 } as const
const JOBS_MAX = 3
const JOBS_PPM = 700_000
const POINTS = [20, 60, 200] as const
const CLOCK_JUMP_MS = 30_000
const HALF_PPM = 500_000
const MAX_PRICE_UNITS = 10_000n
/** Kinds whose absence drives an agreement into later rounds, or an owner into asking again. */
const TARGETS: readonly (readonly KindName[])[] = [
  ['commit', 'decision'],
  ['commit'],
  ['prepared', 'decision'],
  ['prepare'],
  ['propose'],
  ['vote'],
  ['facts', 'announce'],
  ['promised'],
]
const TARGETED_PPM = 500_000
const TARGETED_LOST_PPM = [500_000, 900_000, 1_000_000] as const

/** Of the runs in which a quorum of correct witnesses is left. */
const LOST_STORE_PPM = 250_000

/** Runs in which epochs change. */
const EPOCHS_PPM = 400_000
/** Some runs are about one thing that a free mix brings together too rarely. */
const FOCUS_PPM = 400_000
/** A little more than commitMs, after which a witness seals whatever it has. */
const UNSEEN_COMMITS_MS = 130_000

export function drawLedgerPlan(random: Random): LedgerPlan {
  const mix = drawMix(random)
  const plan = { ...mix, peers: withLoss(mix.peers, random.fork('lost store')) }
  const epochs = random.fork('epochs')
  if (epochs.chance(EPOCHS_PPM)) return withChanges(plan, epochs)
  if (!random.chance(FOCUS_PPM)) return plan
  const focus = random.pick([
    unseenCommits,
    swappingSteward,
    restartingVoters,
    forkedAmongCrashes,
    hiddenCertificates,
  ])
  return focus(plan, random)
}

/** The last correct witness's store may be lost, if the others can do without it for ever. */
function withLoss(peers: LedgerPlan['peers'], random: Random): LedgerPlan['peers'] {
  const witnesses = peers.filter(({ witness }) => witness)
  const correct = witnesses.filter(({ adversaries = [] }) => adversaries.length === 0)
  const loser = correct.at(-1)
  if (correct.length <= quorumSizes(witnesses.length).quorum || !random.chance(LOST_STORE_PPM)) return peers
  const [first, ...others] = peers
  return [first, ...others.map((peer) => (peer === loser ? { ...peer, losesStore: true } : peer))]
}

/** Runners' commits are repeated every second; only their lasting absence makes witnesses seal without them. */
function unseenCommits(plan: LedgerPlan, random: Random): LedgerPlan {
  const link = { ...plan.faults.link, lostKinds: ['job-commit'], lostKindsPpm: 1_000_000 } as const
  // Here t is above f + 1.
  const peers = drawPeers(random, random.pick([3, 6]), 1)
  return { ...plan, peers, faults: { ...plan.faults, link }, jobs: JOBS_MAX, lastingMs: UNSEEN_COMMITS_MS }
}

/** A payer that is the jobs' steward and a witness, and seals twice. */
function swappingSteward(plan: LedgerPlan, random: Random): LedgerPlan {
  const [first, second, ...others] = drawPeers(random, 4, 0).map(
    (peer): PeerPlan => ({ ...peer, adversaries: [] }),
  )
  if (first === undefined || second === undefined) return plan
  const peers = [first, { ...second, adversaries: ['seal-swapper'] }, ...others] as const
  return { ...plan, peers, faults: CALM, jobs: JOBS_MAX, crashes: 0, pointsMax: undefined, partitions: [] }
}

/** Votes get lost on their way back while voters crash right after they gave them. */
function restartingVoters(plan: LedgerPlan, random: Random): LedgerPlan {
  const lostKinds = random.pick<readonly KindName[]>([
    ['commit', 'decision'],
    ['prepare'],
    ['prepared'],
    ['promised'],
  ])
  const link = { ...plan.faults.link, lossPpm: 0, lostKinds, lostKindsPpm: random.pick(TARGETED_LOST_PPM) }
  const peers = drawPeers(random, random.pick([3, 4]), 0)
  return {
    ...plan,
    peers,
    faults: { ...plan.faults, link },
    troubleMs: TROUBLE_MS.max,
    jobs: JOBS_MAX,
    pointsMax: 60,
    crashes: 2 * peers.length,
    downMsMax: 100,
    partitions: [],
  }
}

/** An owner forks at every place while witnesses crash right before and after they bind themselves. */
function forkedAmongCrashes(plan: LedgerPlan, random: Random): LedgerPlan {
  const peers = drawPeers(random, random.pick([3, 4]), 0)
  const forker: PeerPlan = { ...peers[0], witness: false, operator: 'forker', adversaries: ['forking-owner'] }
  return {
    ...plan,
    peers: [...peers, forker],
    faults: { ...CALM, host: { ...CALM.host, syncMs: { min: 0, max: 100 } } },
    troubleMs: TROUBLE_MS.max,
    commands: 2 * COMMANDS.max,
    jobs: 0,
    pointsMax: 30,
    crashes: 2 * peers.length,
    downMsMax: 100,
    partitions: [],
  }
}

/** A witness forks its own account, has the forks settled, and shows the certificates that it hid afterwards. */
function hiddenCertificates(plan: LedgerPlan, random: Random): LedgerPlan {
  const [first, second, ...others] = drawPeers(random, 4, 0).map(
    (peer): PeerPlan => ({ ...peer, adversaries: [] }),
  )
  if (first === undefined || second === undefined) return plan
  const link = { ...CALM.link, baseMs: { min: 1, max: random.pick([2, 20, 120]) } }
  return {
    ...plan,
    peers: [first, { ...second, adversaries: [FORK_ADVERSARY] }, ...others],
    faults: { ...CALM, link },
    troubleMs: TROUBLE_MS.max,
    commands: 2 * COMMANDS.max,
    jobs: 0,
    crashes: 0,
    pointsMax: undefined,
    partitions: [],
  }
}

function drawMix(random: Random): LedgerPlan {
  const often = () => random.chance(HALF_PPM)
  const witnesses = random.pick(WITNESSES)
  const members = random.below(MEMBERS_MAX + 1)
  const peers = drawPeers(random, witnesses, members)
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
    commands: random.between(COMMANDS),
    lastingMs: 0,
    jobs: random.chance(JOBS_PPM) ? 1 + random.below(JOBS_MAX) : 0,
    pointsMax: often() ? random.pick(POINTS) : undefined,
    crashes: often() ? 1 + random.below(peers.length) : 0,
    downMsMax: random.pick([100, 1_000, 4_000]),
    clockJumpMs: often() ? CLOCK_JUMP_MS : 0,
    partitions: often() ? drawPartitions(random) : [],
    leavesOneOut: often(),
    changes: [],
    away: [],
  }
}

function drawPartitions(random: Random): readonly PartitionKind[] {
  const kinds: readonly PartitionKind[] = ['cut', 'silent', 'one-way']
  return Array.from({ length: 1 + random.below(4) }, () => random.pick(kinds))
}

function drawFaults(random: Random): Faults {
  const sometimes = (most: number) => (random.chance(HALF_PPM) ? random.below(most + 1) : 0)
  const baseMax = random.pick([2, 20, 120])
  const isTargeted = random.chance(TARGETED_PPM)
  return {
    link: {
      baseMs: { min: 1, max: baseMax },
      jitterMs: random.pick([0, 2, baseMax]),
      lossPpm: sometimes(200_000),
      duplicatePpm: sometimes(200_000),
      reorderPpm: sometimes(400_000),
      reorderMs: random.pick([5, 50, 1_000]),
      lostKinds: isTargeted ? random.pick(TARGETS) : [],
      lostKindsPpm: random.pick(TARGETED_LOST_PPM),
    },
    host: {
      ...CALM.host,
      syncMs: { min: 0, max: random.pick([0, 3, 20, 100]) },
      loadMs: { min: 0, max: random.pick([0, 5]) },
      verifyMs: { min: 0, max: random.pick([0, 2, 10]) },
      runMs: { min: 10, max: random.pick([100, 900]) },
    },
  }
}

import type { KindName } from '../../protocol/encoding/kinds.ts'
import type { Random } from '../random.ts'
import { isCorrect, type PeerPlan } from '../peer-plan.ts'
import { type ChangePlan, drawChanges, drawFounderLoss, type OrderPlan } from './draw-changes.ts'
import { CALM } from '../faults.ts'
import {
  ACCOMPLICE,
  CERTIFICATE_KEEPER,
  CHANGE_ADVERSARIES,
  DECISION_KEEPER,
  KEY_THIEF,
  LAPSED_OFFICIAL,
} from '../adversaries/adversaries.ts'
import { drawPeers, drawSome } from './draw-peers.ts'
import type { Away, LedgerPlan } from './ledger-plan.ts'

const PEERS_MAX = 9
const RECRUITS_MAX = 3
const NEWCOMERS_MAX = 1
const HALF_PPM = 500_000
const FOUNDER_LOSS_PPM = 200_000
const LAGGARD_PPM = 300_000
/** Runs about one thing that a free mix seldom brings together. */
const FOCUS_PPM = 250_000
/** Drawn by itself, so that what other seeds draw stays. */
const LAPSES_PPM = 150_000
const MANY_COMMANDS = 64
const MANY_JOBS = 6
const OUTSIDER_PPM = 400_000
const TARGETED_PPM = 300_000
const TROUBLE_MS = { min: 6_000, max: 16_000 } as const
/** Kinds whose absence draws a change out, or keeps what follows from it from some. */
const TARGETS: readonly (readonly KindName[])[] = [
  ['epoch-order'],
  ['epoch-accept'],
  ['epoch-report'],
  ['handover'],
  ['decision'],
  ['closing-reply'],
  ['facts', 'announce'],
]
const LOST_PPM = [500_000, 900_000] as const

/** The same run with a few more members, and with epochs that change meanwhile. */
export function withChanges(plan: LedgerPlan, random: Random): LedgerPlan {
  const lapses = random.fork('lapsed rights')
  if (lapses.chance(LAPSES_PPM)) return lapsedRights(plan, lapses)
  if (random.chance(FOCUS_PPM)) return random.pick([hidingProposer, hidingSteward, hidingOwner])(plan, random)
  const isFounderLoss = random.chance(FOUNDER_LOSS_PPM)
  const base = isFounderLoss ? drawPeers(random, 1, random.below(2)) : plan.peers
  const troubleMs = random.between(TROUBLE_MS)
  const recruits = isFounderLoss ? RECRUITS_MAX : 1 + random.below(RECRUITS_MAX)
  const members = [...base, ...drawRecruits(random, recruits, base.length)].slice(0, PEERS_MAX)
  const willing = members.map((peer) => ({
    ...misled(random, peer),
    acceptsWitness: random.chance(HALF_PPM),
  }))
  const drawn = (isFounderLoss ? drawFounderLoss : drawChanges)(random, willing, troubleMs)
  const newcomers = drawRecruits(random, random.below(NEWCOMERS_MAX + 1), willing.length)
  const [first, ...others] = [...drawn.peers, ...newcomers, ...drawOutsiders(random)]
  if (first === undefined) return plan
  const away = [
    ...newcomers.map((_, at) => ({ place: drawn.peers.length + at, fromMs: 0 })),
    ...drawLaggards(random, { ...drawn, troubleMs }),
  ]
  return {
    ...plan,
    peers: [first, ...others],
    troubleMs,
    faults: faultsOf(plan, random),
    changes: drawn.changes,
    away,
  }
}

/** Four witnesses, one of which lies; the epoch changes often, and little else goes wrong. */
function calmWithLiar(plan: LedgerPlan, random: Random, liar: Partial<PeerPlan>): LedgerPlan {
  const members = [...drawPeers(random, 4, 0), ...drawRecruits(random, 1, 4)].map((peer, at) => ({
    ...peer,
    adversaries: [],
    acceptsWitness: true,
    ...(at === 1 ? liar : {}),
  }))
  const [first, ...others] = members
  if (first === undefined) return plan
  const troubleMs = random.between(TROUBLE_MS)
  const { changes } = drawChanges(random, members, troubleMs)
  const isKept = ({ dying, leaving }: ChangePlan) => dying === undefined && leaving.length === 0
  const link = { ...CALM.link, baseMs: { min: 1, max: random.pick([2, 20, 120]) } }
  const calm = { faults: { ...CALM, link }, crashes: 0, pointsMax: undefined, partitions: [] }
  return { ...plan, ...calm, peers: [first, ...others], troubleMs, changes: changes.filter(isKept), away: [] }
}

/** The natural proposer of every change hides entries, one of its own among them that has a certificate. */
function hidingProposer(plan: LedgerPlan, random: Random): LedgerPlan {
  const adversaries = [CERTIFICATE_KEEPER, ...random.pick([[], ['handover-liar'] as const])] as const
  return { ...calmWithLiar(plan, random, { adversaries, proposes: true }), commands: MANY_COMMANDS, jobs: 0 }
}

/** An owner keeps certificates to itself until the epoch is closed, whose handovers list both entries of its places. */
function hidingOwner(plan: LedgerPlan, random: Random): LedgerPlan {
  return {
    ...calmWithLiar(plan, random, { adversaries: [CERTIFICATE_KEEPER] }),
    commands: MANY_COMMANDS,
    jobs: 0,
  }
}

/** A payer keeps what was decided about its jobs to itself until the epoch is closed. */
function hidingSteward(plan: LedgerPlan, random: Random): LedgerPlan {
  const link = { lostKinds: ['newview-request'], lostKindsPpm: random.pick(LOST_PPM) } as const
  const calm = calmWithLiar(plan, random, { adversaries: [DECISION_KEEPER] })
  const faults = { ...calm.faults, link: { ...calm.faults.link, ...link } }
  return { ...calm, faults, jobs: MANY_JOBS, payer: 1 }
}

/** A member is made minter and operator, is neither after the next change, and goes on as if it were; a witness helps. */
function lapsedRights(plan: LedgerPlan, random: Random): LedgerPlan {
  const liar = { adversaries: [ACCOMPLICE], proposes: random.chance(HALF_PPM) } as const
  const { peers, troubleMs, ...calm } = calmWithLiar(plan, random, liar)
  const [official] = drawRecruits(random, 1, peers.length)
  if (official === undefined) return plan
  const places = [0, peers.length]
  const witnesses = [0, 1, 2, 3]
  const order = (named: readonly number[]): OrderPlan => ({
    witnesses: random.pick([witnesses, witnesses, [0, 1, 3, 4]]),
    operators: { places: named, needed: 1 },
    minters: named,
    fee: undefined,
    isByWitnesses: false,
  })
  const changes = [places, [0], [0]].map(
    (named, at): ChangePlan => ({
      atMs: at * Math.floor(troubleMs / 4),
      orders: [order(named)],
      dying: undefined,
      leaving: [],
    }),
  )
  const isCalm = random.chance(HALF_PPM)
  return {
    ...plan,
    ...(isCalm ? calm : { away: [] }),
    peers: [...peers, { ...official, adversaries: [LAPSED_OFFICIAL] }],
    troubleMs,
    jobs: 0,
    changes,
  }
}

function drawRecruits(random: Random, count: number, from: number): readonly PeerPlan[] {
  return drawPeers(random, count + 1, 0)
    .slice(1)
    .map((peer, at) => ({
      ...peer,
      operator: `recruit ${from + at}`,
      witness: false,
      adversaries: [],
    }))
}

interface Drawn {
  readonly peers: readonly PeerPlan[]
  readonly changes: readonly ChangePlan[]
  readonly troubleMs: number
}

/** Adversaries that no order names: they need no vote for what they do. */
function drawOutsiders(random: Random): readonly PeerPlan[] {
  const names = ([KEY_THIEF, CERTIFICATE_KEEPER] as const).filter(() => random.chance(OUTSIDER_PPM))
  return drawRecruits(random, names.length, 0).map((peer, at) => ({
    ...peer,
    operator: `outsider ${at}`,
    adversaries: names.slice(at, at + 1),
  }))
}

/** Some of the witnesses that lie do so where an epoch ends. */
function misled(random: Random, peer: PeerPlan): PeerPlan {
  const { adversaries = [] } = peer
  if (!peer.witness || adversaries.length === 0 || !random.chance(HALF_PPM)) return peer
  return { ...peer, adversaries: [...adversaries, ...drawSome(random, CHANGE_ADVERSARIES, 2)] }
}

/** Members that no order names, and that miss one or all of them. */
function drawLaggards(random: Random, { peers, changes, troubleMs }: Drawn): readonly Away[] {
  const named = new Set(
    changes.flatMap(({ orders }) =>
      orders.flatMap(({ witnesses, operators }) => [...witnesses, ...(operators?.places ?? [])]),
    ),
  )
  return peers.flatMap((plan, place) => {
    const isFree = place > 0 && !plan.witness && !named.has(place) && isCorrect({ plan })
    return isFree && random.chance(LAGGARD_PPM) ? [{ place, fromMs: 1 + random.below(troubleMs) }] : []
  })
}

function faultsOf({ faults }: LedgerPlan, random: Random): LedgerPlan['faults'] {
  if (!random.chance(TARGETED_PPM)) return faults
  const link = { ...faults.link, lostKinds: random.pick(TARGETS), lostKindsPpm: random.pick(LOST_PPM) }
  return { ...faults, link }
}

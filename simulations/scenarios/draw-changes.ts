import { quorumSizes } from '../../protocol/swarm/quorum-size.ts'
import type { Random } from '../random.ts'
import { isCorrect, type PeerPlan } from '../peer-plan.ts'

/** What an order changes; peers are named by their places in the plan, and what is undefined stays as it is. */
export interface OrderPlan {
  readonly witnesses: readonly number[]
  readonly operators: { readonly places: readonly number[]; readonly needed: number } | undefined
  readonly minters: readonly number[] | undefined
  readonly fee: bigint | undefined
  /** Whether a quorum of witnesses signs it, or the operators. */
  readonly isByWitnesses: boolean
}

/** One change of epoch; it begins at its time or when the one before it is decided. */
export interface ChangePlan {
  readonly atMs: number
  /** One order, or two that compete for the same epoch. */
  readonly orders: readonly [OrderPlan, ...OrderPlan[]]
  /** A witness that the order drops, and that dies as it is given. */
  readonly dying: number | undefined
  /** Those whom the order drops and who go for good once it is decided. */
  readonly leaving: readonly number[]
}

const WITNESSES_MAX = 7
const CHANGES_MAX = 4
const TRIES = 8
const RIVAL_PPM = 250_000
const DYING_PPM = 400_000
const LEAVING_PPM = 400_000
const GOVERN_PPM = 300_000
const BY_WITNESSES_PPM = 250_000
const FEES = [0n, 500n, 1_000n] as const

/** Whether so many of these witnesses are correct, and so few lie, that they decide anything (section 1). */
function isSound(peers: readonly PeerPlan[], witnesses: readonly number[], dead = 0): boolean {
  const { faulty, quorum } = quorumSizes(witnesses.length)
  const plans = witnesses.flatMap((place) => peers[place] ?? [])
  const liars = plans.filter(({ adversaries = [] }) => adversaries.length > 0).length
  const silent = plans.filter(({ losesStore }) => losesStore === true).length
  return witnesses.length > 0 && liars <= faulty && witnesses.length - liars - silent - dead >= quorum
}

export interface ChangesDrawn {
  readonly peers: readonly PeerPlan[]
  readonly changes: readonly ChangePlan[]
}

interface Draw {
  readonly random: Random
  readonly peers: PeerPlan[]
  /** Who may be named by the next order. */
  readonly eligible: Set<number>
  readonly changes: ChangePlan[]
  /**
   * Minters may come in, and go with their owners. One who stays and whose mint is under way while it loses the right has
   * an entry that nobody may vote for, and can sign no other one in its place: a hole that is known.
   */
  readonly minters: Set<number>
}

/** Some changes in a row; those who leave in one of them are marked in the peers' plans. */
export function drawChanges(random: Random, plans: readonly PeerPlan[], troubleMs: number): ChangesDrawn {
  const peers = [...plans]
  const eligible = new Set(peers.flatMap(({ losesStore }, at) => (losesStore === true ? [] : [at])))
  const draw: Draw = { random, peers, eligible, changes: [], minters: new Set([0]) }
  const count = 1 + random.below(CHANGES_MAX)
  let current: readonly number[] = peers.flatMap(({ witness }, at) => (witness ? [at] : []))
  for (let at = 0; at < count; at += 1) {
    const share = Math.floor(troubleMs / (count + 1))
    current = drawChange(draw, current, at * share + random.below(share))
  }
  return { peers, changes: draw.changes }
}

function drawChange(draw: Draw, current: readonly number[], atMs: number): readonly number[] {
  const { random, peers, eligible, changes } = draw
  const witnesses = drawSet(draw, current)
  const rivals = random.chance(RIVAL_PPM) ? [drawSet(draw, current)] : []
  const named = new Set([witnesses, ...rivals].flat())
  // Nobody who is needed whichever order wins.
  const dropped = current.filter((place) => !named.has(place) && isCorrectAt(peers, place))
  const isSure = rivals.length === 0 && changes.at(-1)?.orders.length !== 2
  const dying =
    isSure && dropped.length > 0 && isSound(peers, current, 1) && random.chance(DYING_PPM)
      ? random.pick(dropped)
      : undefined
  if (dying !== undefined) eligible.delete(dying)
  const leaving = isSure && random.chance(LEAVING_PPM) ? dropped.filter((place) => place !== dying) : []
  for (const place of leaving) leaves(draw, place)
  const orders = [witnesses, ...rivals].map((set) => drawOrder(draw, set))
  const [order, ...others] = orders
  if (order !== undefined) changes.push({ atMs, orders: [order, ...others], dying, leaving })
  return witnesses
}

function leaves({ peers, eligible }: Pick<Draw, 'peers' | 'eligible'>, place: number): void {
  eligible.delete(place)
  peers.splice(place, 1, ...peers.slice(place, place + 1).map((peer) => ({ ...peer, leaves: true })))
}

function isCorrectAt(peers: readonly PeerPlan[], place: number): boolean {
  const plan = peers[place]
  return plan !== undefined && isCorrect({ plan })
}

/** Grows, shrinks, replaces or keeps the witnesses; one of the sets that it may come to is sound. */
function drawSet({ random, peers, eligible }: Draw, current: readonly number[]): readonly number[] {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const kept = random.shuffled(current.filter((place) => eligible.has(place)))
    const pool = random.shuffled([...eligible].filter((place) => !current.includes(place)))
    const kind = random.pick(['grow', 'grow', 'shrink', 'replace', 'renew', 'keep'] as const)
    const more = 1 + random.below(3)
    const sets: Readonly<Record<string, readonly number[]>> = {
      grow: [...kept, ...pool.slice(0, more)],
      shrink: kept.slice(0, Math.max(1, kept.length - more)),
      replace: [...kept.slice(1), ...pool.slice(0, 1)],
      renew: pool.slice(0, Math.max(1, kept.length)),
      keep: kept,
    }
    const set = (sets[kind] ?? []).slice(0, WITNESSES_MAX)
    if (isSound(peers, set)) return set.toSorted((a, b) => a - b)
  }
  return current
}

function drawOrder(draw: Draw, witnesses: readonly number[]): OrderPlan {
  const { random, peers, eligible } = draw
  const speakers = [...eligible].filter((place) => isCorrectAt(peers, place))
  const some = () => random.shuffled(speakers).slice(0, 1 + random.below(3))
  const places = some()
  const governs = () => random.chance(GOVERN_PPM) && places.length > 0
  return {
    witnesses,
    operators: governs() ? { places, needed: 1 + random.below(places.length) } : undefined,
    minters: governs() ? moreMinters(draw, some()) : undefined,
    fee: governs() ? random.pick(FEES) : undefined,
    isByWitnesses: random.chance(BY_WITNESSES_PPM),
  }
}

function moreMinters({ minters, peers }: Draw, added: readonly number[]): readonly number[] {
  for (const place of added) minters.add(place)
  return [...minters].filter((place) => isCorrectAt(peers, place))
}

/** A swarm founded by one grows to four, and its founder is gone for good. */
export function drawFounderLoss(random: Random, plans: readonly PeerPlan[], troubleMs: number): ChangesDrawn {
  const peers = [...plans]
  const heirs = random.shuffled(peers.flatMap((plan, at) => (at > 0 && isCorrect({ plan }) ? [at] : [])))
  const [first = 0, second = 0, third = 0, ...others] = heirs
  const grown = { witnesses: [0, first, second, third].sort((a, b) => a - b), fee: undefined }
  const left = [first, second, third, ...others.slice(0, 1)].sort((a, b) => a - b)
  const heirsOf = (needed: number) => ({ places: [first, second], needed })
  leaves({ peers, eligible: new Set() }, 0)
  const changes: readonly ChangePlan[] = [
    {
      atMs: random.below(troubleMs >> 2),
      orders: [{ ...grown, operators: heirsOf(1), minters: [0, first], isByWitnesses: false }],
      dying: undefined,
      leaving: [],
    },
    {
      atMs: (troubleMs >> 2) + random.below(troubleMs >> 1),
      orders: [
        {
          witnesses: left,
          operators: heirsOf(2),
          minters: [first],
          fee: undefined,
          isByWitnesses: random.chance(BY_WITNESSES_PPM),
        },
      ],
      dying: undefined,
      leaving: [0],
    },
  ]
  return { peers, changes }
}

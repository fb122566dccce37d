import type { PeerId } from '../../protocol/ids.ts'
import type { PowerPoint } from '../body-options.ts'
import type { Random } from '../random.ts'
import type { World, WorldPeer } from '../world.ts'
import type { LedgerPlan, PartitionKind } from './ledger-plan.ts'

/** Power that fails at drawn points of a peer's writing and sending, until it is told to hold. */
export interface Power {
  fails(peer: PeerId, point: PowerPoint): boolean
  hold(): void
}

/** Beyond a few failures a run would be about little else than starting. */
const FAILURES_OF_ONE_MAX = 4

/** From one crash of a peer to its next there are 0 to `pointsMax` points; without it nothing ever fails. */
export function createPower(random: Random, pointsMax: number | undefined): Power {
  const left = new Map<PeerId, number>()
  const failed = new Map<PeerId, number>()
  let isHeld = pointsMax === undefined
  return {
    fails(peer) {
      const before = failed.get(peer) ?? 0
      if (isHeld || pointsMax === undefined || before >= FAILURES_OF_ONE_MAX) return false
      const points = left.get(peer) ?? random.below(pointsMax)
      left.set(peer, points - 1)
      if (points > 0) return false
      left.set(peer, random.below(pointsMax))
      failed.set(peer, before + 1)
      return true
    },
    hold() {
      isHeld = true
    },
  }
}

/** Schedules a run's partitions, crashes and returns; all of it is over once `troubleMs` have passed. */
export function scheduleTrouble(world: World, plan: LedgerPlan, random: Random): void {
  const someTime = () => random.below(plan.troubleMs)
  for (let count = 0; count < plan.crashes; count += 1) {
    const victim = random.pick(world.peers)
    world.after(someTime(), () => world.crash(victim))
  }
  for (const peer of world.peers) {
    // `comeBack` starts it again.
    if (peer.plan.losesStore === true) world.after(someTime(), () => world.lose(peer))
  }
  for (const { place, fromMs } of plan.away) {
    const peer = world.peers[place]
    if (peer !== undefined && fromMs > 0) world.after(fromMs, () => world.keepAway(peer))
  }
  for (const kind of plan.partitions) {
    const side = new Set(random.shuffled(world.peers).slice(0, 1 + random.below(world.peers.length)))
    world.after(someTime(), () => part(world, kind, side))
    world.after(someTime(), () => rejoin(world))
  }
  world.watch((observation) => {
    if (observation.type !== 'crashed') return
    const peer = world.peers.find(({ id }) => id === observation.peer)
    if (peer !== undefined && world.now < plan.troubleMs) comeBack(world, plan, peer, random)
  })
}

/** Whoever crashed in the time of trouble starts again within it or is started by the healing. */
function comeBack(world: World, plan: LedgerPlan, peer: WorldPeer, random: Random): void {
  world.after(random.below(plan.downMsMax), () => {
    if (peer.body.running || world.now >= plan.troubleMs) return
    if (plan.clockJumpMs > 0) peer.clock.shift(random.below(2 * plan.clockJumpMs) - plan.clockJumpMs)
    world.start(peer)
  })
}

function part(world: World, kind: PartitionKind, side: ReadonlySet<WorldPeer>): void {
  const inside = new Set([...side].map(({ id }) => id))
  if (kind !== 'cut') {
    world.setBlocked((from, to) =>
      kind === 'silent' ? inside.has(from) !== inside.has(to) : inside.has(from) && !inside.has(to),
    )
    return
  }
  for (const left of side) {
    for (const right of world.peers) if (!side.has(right)) world.disconnect(left, right)
  }
}

function rejoin(world: World): void {
  world.setBlocked(() => false)
  for (const left of world.peers) {
    for (const right of world.peers) if (left !== right) world.connect(left, right)
  }
}

import type { PeerId } from '../../protocol/ids.ts'
import { quorumSizes } from '../../protocol/swarm/quorum-size.ts'
import { isCorrect } from '../peer-plan.ts'
import type { World, WorldPeer } from '../world.ts'
import type { ChangePlan } from './draw-changes.ts'

/** A correct witness without which there still is a quorum of correct ones, now and in every epoch that is ordered. */
export function sparedOf(
  world: World,
  witnesses: readonly PeerId[],
  changes: readonly ChangePlan[],
): WorldPeer | undefined {
  if (changes.some(({ dying }) => dying !== undefined)) return undefined
  const current = world.peers.flatMap(({ id }, at) => (witnesses.includes(id) ? [at] : []))
  const sets = changes.flatMap(({ orders }) => orders.map((order) => order.witnesses))
  return world.peers.findLast((peer, at) => {
    const isHere = isCorrect(peer) && !world.isAway(peer.id) && current.includes(at)
    // Whoever comes in again has to accept.
    const isStaying = sets.every((set) => set.includes(at)) || !sets.some((set) => set.includes(at))
    return isHere && isStaying && [current, ...sets].every((set) => canSpare(world, set, at))
  })
}

function canSpare(world: World, set: readonly number[], place: number): boolean {
  const left = set.filter((at) => {
    const peer = world.peers[at]
    return at !== place && peer !== undefined && isCorrect(peer) && !world.isAway(peer.id)
  })
  return !set.includes(place) || left.length >= quorumSizes(set.length).quorum
}

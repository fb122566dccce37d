import type { InstanceId, PeerId } from '../ids.ts'
import { orderFor } from '../jobs/messages.ts'
import { TIMES } from '../params.ts'
import type { Epoch } from '../swarm/roster.ts'

/** Rounds 0 and 1 belong to the natural proposer; from here on the witnesses take turns. */
const FIRST_WITNESS_ROUND = 2
/** Rounds beyond this are refused: D(r) has reached half a minute a round, so it stands for hours of failure. */
export const ROUND_MAX = 1_024

/** Who may propose in a round (5.4): the natural proposer, then witnesses in the order H(instance, peer). */
export function proposerOf(
  instance: InstanceId,
  round: number,
  natural: PeerId,
  epoch: Epoch,
): PeerId | undefined {
  if (round < FIRST_WITNESS_ROUND) return natural
  const order = orderFor(instance, epoch.witnesses)
  return order[(round - FIRST_WITNESS_ROUND) % order.length]
}

/** The first round from `atLeast` on that `peer` owns as a witness. */
export function nextTurnOf(peer: PeerId, instance: InstanceId, atLeast: number, epoch: Epoch): number {
  const order = orderFor(instance, epoch.witnesses)
  const turn = order.indexOf(peer)
  const from = Math.max(atLeast, FIRST_WITNESS_ROUND) - FIRST_WITNESS_ROUND
  const cycles = Math.ceil(Math.max(0, from - turn) / order.length)
  return FIRST_WITNESS_ROUND + turn + cycles * order.length
}

/**
 * D(r): how long an instance must have been due before round r's NewView is answered. D(2) = delta,
 * D(r + 1) = D(r) + delta * 2^min(r - 1, 6); rounds 0 and 1 need no wait.
 */
export function pacingMs(round: number): number {
  let total = 0
  for (let r = FIRST_WITNESS_ROUND; r <= round; r += 1) {
    total += r === FIRST_WITNESS_ROUND ? TIMES.deltaMs : TIMES.deltaMs * 2 ** Math.min(r - 2, 6)
  }
  return total
}

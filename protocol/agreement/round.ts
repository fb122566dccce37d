import type { InstanceId, PeerId } from '../ids.ts'
import { orderFor } from '../jobs/messages.ts'
import { TIMES } from '../params.ts'
import type { Epoch } from '../swarm/epoch.ts'

/** Rounds 0 and 1 belong to the natural proposer; from here on the witnesses take turns. */
const FIRST_WITNESS_ROUND = 2
/**
 * How far one promise may leap: a year of rounds of half a minute. A liar that leaps as far as it may, turn after
 * turn, still never comes to the end of the safe integers.
 */
export const ROUND_LEAP_MAX = 2 ** 20

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

/** Longest wait for one round: D grows by delta * 2^6 from round 8 on (5.4). */
const STEPS_DOUBLED = 6

/**
 * How long a witness lets pass between its last promise (or the moment the instance became due) and its answer
 * to a NewView of `round`. For one that has promised nothing yet this is D(round) of 5.4: D(2) = delta, D(r + 1)
 * = D(r) + delta * 2^min(r - 1, 6). Rounds 0 and 1 need no wait.
 *
 * It differs from 5.4 in two ways, for witnesses that were away. Time counts from the last promise and not from
 * the beginning, and a leap over more rounds than there are witnesses costs no more than one over all of them:
 * each has had its turn by then. With the absolute schedule a witness that came a minute late stayed a minute
 * behind those that went on raising their promises to each other, and no round ever had a quorum again.
 */
export function waitMs(promised: number, round: number, witnesses: number): number {
  if (round < FIRST_WITNESS_ROUND) return 0
  const from = Math.max(promised, 1)
  const steps = Math.min(round - from, witnesses)
  let total = 0
  for (let at = from; at < from + steps; at += 1) {
    total += TIMES.deltaMs * 2 ** Math.min(at - 1, STEPS_DOUBLED)
  }
  return total
}

/**
 * How long a witness stays with its own round before it begins its next one: as long as any other may have to wait before
 * it promises, which is just what the way to the next own round takes, and a step more. Without that step, which is for
 * repeated questions and the votes, one that the others follow a whole turn late is promised each of its rounds only
 * in the moment in which it gives it up, for ever.
 */
export function keptMs(round: number, witnesses: number): number {
  return waitMs(round, round + witnesses, witnesses) + waitMs(round, round + 1, witnesses)
}

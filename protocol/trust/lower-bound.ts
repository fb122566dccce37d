import { PPM } from '../params.ts'
import { squareRoot } from '../verification/square-root.ts'
import { type CounterRow, UNIT } from './counters.ts'

/** Evidence for and against a node, in millionths of an event. */
export interface Evidence {
  readonly right: number
  readonly wrong: number
}

/** Events that the charter's prior stands for: ten agreed answers weigh as much as what was assumed before. */
const PRIOR_UNITS = 10 * UNIT

/**
 * How much an outcome weighs against a node, in quarters of a disagreement. Two signed commits are proof of
 * intent. Who was slow or away gave no wrong answer, but costs its job a standby.
 */
const QUARTERS = { disagreed: 4, unrevealed: 4, fault: 40, timeout: 2, noshow: 1 } as const

/** 1.644854 standard deviations: one-sided 95 %, in parts per million. */
const DEVIATIONS_PPM = 1_644_854n
const SCALE = 1_000_000_000_000n

/**
 * Lower 95 % bound of Beta(right, wrong) in parts per million, by its mean and variance (normal approximation):
 * a / (a + b) - 1.645 sqrt(a b / ((a + b)^2 (a + b + 1))). The posterior of a node's reliability is Beta in
 * its counted outcomes: Josang and Ismail, "The Beta Reputation System", 2002. Integers throughout, rounded
 * down; kept inside 1..999,999.
 */
export function lowerBound({ right, wrong }: Evidence): number {
  const [a, b, unit] = [BigInt(right), BigInt(wrong), BigInt(UNIT)]
  const sum = a + b
  if (sum === 0n) return 1
  const variance = (a * b * unit * SCALE * SCALE) / (sum * sum * (sum + unit))
  const deviation = (squareRoot(variance) * DEVIATIONS_PPM) / BigInt(PPM)
  const bound = ((a * SCALE) / sum - deviation) / (SCALE / BigInt(PPM))
  return Math.min(Math.max(Number(bound), 1), PPM - 1)
}

/** The prior of weight `PRIOR_UNITS` whose lower bound is the charter's: found by halving, exact to a millionth. */
export function priorOf(priorTrust: number): Evidence {
  let [low, high] = [0, PRIOR_UNITS - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (lowerBound({ right: middle, wrong: PRIOR_UNITS - middle }) <= priorTrust) low = middle
    else high = middle - 1
  }
  return { right: low, wrong: PRIOR_UNITS - low }
}

/** Trust in a node that did this: the lower bound of prior and counters together. */
export function trustOf(row: CounterRow, prior: Evidence): number {
  return lowerBound({ right: prior.right + row.agreed, wrong: prior.wrong + against(row) })
}

/** What a row holds against a node, in millionths of a disagreement. */
export function against(row: CounterRow): number {
  const { disagreed, unrevealed, fault, timeout, noshow } = QUARTERS
  const quarters =
    row.disagreed * disagreed +
    row.unrevealed * unrevealed +
    row.fault * fault +
    row.timeout * timeout +
    row.noshow * noshow
  return Math.floor(quarters / 4)
}

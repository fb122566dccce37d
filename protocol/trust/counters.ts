import { type Digest, digestFromBytes } from '../ids.ts'
import { type Infer, oneOf, struct, uint } from '../encoding/codec.ts'

/**
 * Stands for every model that a member has no row of, once rows of it made room: what they held against it. No
 * file has this digest; where somebody claims it all the same, agreements earn nothing.
 */
export const REST: Digest = digestFromBytes(new Uint8Array(32))

/** How one replica's part in one job ended, as far as it counts (7). */
const OUTCOMES = ['agreed', 'disagreed', 'fault', 'unrevealed', 'timeout', 'noshow'] as const
export type Outcome = (typeof OUTCOMES)[number]
export const outcomeCodec = oneOf(...OUTCOMES)

/** One counted event. A millionth keeps what decay leaves of an old one; 2^53 is never reached. */
export const UNIT = 1_000_000

const counter = uint()

/** What one node did with one model, as of snapshot `at`, the last that changed it. */
export const counterRowCodec = struct({
  agreed: counter,
  disagreed: counter,
  fault: counter,
  unrevealed: counter,
  timeout: counter,
  noshow: counter,
  /** Agreed since the last period with a disagreement or fault: what adaptive replication goes by. */
  consecutive: uint(),
  at: uint(),
})
export type CounterRow = Infer<typeof counterRowCodec>

export function freshRow(at: number): CounterRow {
  return {
    agreed: 0,
    disagreed: 0,
    fault: 0,
    unrevealed: 0,
    timeout: 0,
    noshow: 0,
    consecutive: 0,
    at,
  }
}

/**
 * A counter loses half of its weight in 1,024 snapshots: 17 hours of a swarm that is never idle, while an idle
 * one, which makes no snapshots, forgets nothing. Parts per billion: 2^(-1/1024).
 */
const KEPT_PPB = 999_323_327n
const BILLION = 1_000_000_000n

/** The share that `periods` snapshots leave, in parts per billion; by squaring, rounded down at every step. */
function keptAfter(periods: number): bigint {
  if (periods === 1) return KEPT_PPB
  let kept = BILLION
  let power = KEPT_PPB
  for (let left = periods; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) kept = (kept * power) / BILLION
    power = (power * power) / BILLION
  }
  return kept
}

/** A row as snapshot `at` sees it. Only snapshots that change a row write it; in between it decays unwritten. */
export function decayed(row: CounterRow, at: number): CounterRow {
  if (at === row.at) return row
  const kept = keptAfter(at - row.at)
  const left = (counts: number) => Number((BigInt(counts) * kept) / BILLION)
  return {
    agreed: left(row.agreed),
    disagreed: left(row.disagreed),
    fault: left(row.fault),
    unrevealed: left(row.unrevealed),
    timeout: left(row.timeout),
    noshow: left(row.noshow),
    consecutive: row.consecutive,
    at,
  }
}

/** A row of a further model: it begins with what is held against all those that have none. */
export function furtherRow(rest: CounterRow | undefined, at: number): CounterRow {
  return rest === undefined ? freshRow(at) : { ...decayed(rest, at), agreed: 0, consecutive: 0 }
}

/** The worst of both, way by way: taking a row in twice changes nothing. */
export function worstOf(a: CounterRow, b: CounterRow, at: number): CounterRow {
  const [one, other] = [decayed(a, at), decayed(b, at)]
  return {
    agreed: 0,
    disagreed: Math.max(one.disagreed, other.disagreed),
    fault: Math.max(one.fault, other.fault),
    unrevealed: Math.max(one.unrevealed, other.unrevealed),
    timeout: Math.max(one.timeout, other.timeout),
    noshow: Math.max(one.noshow, other.noshow),
    consecutive: 0,
    at,
  }
}

/** Outcomes that end a series of agreements. Being slow or away doesn't: it is no wrong answer. */
function breaksSeries(outcome: Outcome): boolean {
  return outcome === 'disagreed' || outcome === 'fault' || outcome === 'unrevealed'
}

/** A row with one snapshot's outcomes added, after decay. */
export function withOutcomes(before: CounterRow, outcomes: readonly Outcome[], at: number): CounterRow {
  const row = decayed(before, at)
  const count = (name: Outcome) => outcomes.filter((outcome) => outcome === name).length
  return {
    agreed: row.agreed + count('agreed') * UNIT,
    disagreed: row.disagreed + count('disagreed') * UNIT,
    fault: row.fault + count('fault') * UNIT,
    unrevealed: row.unrevealed + count('unrevealed') * UNIT,
    timeout: row.timeout + count('timeout') * UNIT,
    noshow: row.noshow + count('noshow') * UNIT,
    consecutive: outcomes.some(breaksSeries) ? 0 : row.consecutive + count('agreed'),
    at,
  }
}

import type { Diagnosis } from '../../../protocol/api/control-schema.ts'
import { fail, fine, type Finding, type FixCode, warn } from './finding.ts'

/** A heartbeat takes far less than a second; more than this is not the network. */
const CLOCK_WARN_MS = 5_000
/** Expiry dates, schedules and logs of this machine are wrong by then. */
const CLOCK_FAIL_MS = 60_000

/** What others say of their clocks, against one here. */
interface Others {
  readonly heard: number
  /** Of them, the most that agree with each other: how many, and how far ahead their middle one is. */
  readonly agreeing: number
  readonly aheadMs: number
  /** Those agreeing are two or more and a majority, so that they aren't one liar. */
  readonly isMajority: boolean
  /** How many agree with the clock here. */
  readonly withUs: number
}

/**
 * The clock that this peer goes by and the machine's against what others said of theirs: the witnesses, or all where none
 * is heard. Only a majority of at least two that agree with each other proves anything.
 */
export function judgeClock({ clock }: Pick<Diagnosis, 'clock'>): Finding {
  const setMs = Date.parse(clock.wall) - Date.parse(clock.now)
  const witnesses = clock.others.filter(({ witness }) => witness)
  const heard = (witnesses.length > 0 ? witnesses : clock.others).map(({ ahead_ms: ms }) => ms)
  const ours = compare(heard)
  if (Math.abs(setMs) > CLOCK_WARN_MS) {
    const machines = compare(heard.map((ms) => ms - setMs))
    const isProven = machines.isMajority && Math.abs(machines.aheadMs) <= CLOCK_WARN_MS
    if (isProven || ours.withUs === heard.length || Math.abs(ours.aheadMs) <= CLOCK_WARN_MS)
      return judgeOwn(setMs, isProven ? machines : undefined)
  }
  return judgeOthers(ours)
}

/** The peer's own clock differs from the machine's. `proven`: others agree with the machine's. */
function judgeOwn(setMs: number, proven: Others | undefined): Finding {
  const isAhead = setMs < 0
  const agrees = proven === undefined ? '' : `, which agrees with ${those(proven.agreeing, proven.heard)}`
  const differs = `This peer goes by a clock that is ${spanOf(setMs)} ${isAhead ? 'ahead of' : 'behind'} the machine's${agrees}`
  const why = isAhead
    ? 'it never goes behind its newest record, so that was written while the clock was ahead, or the machine’s clock was set back since'
    : 'the machine’s clock was set since the peer started, or the machine slept'
  const fix: FixCode = proven === undefined ? 'set_clock' : isAhead ? 'wait_for_clock' : 'restart_peer'
  const sentence = `${differs}: ${why}.`
  return proven !== undefined && Math.abs(setMs) > CLOCK_FAIL_MS
    ? fail('clock', sentence, fix)
    : warn('clock', sentence, fix)
}

function judgeOthers(others: Others): Finding {
  const { heard, agreeing, aheadMs, isMajority, withUs } = others
  if (heard === 0) return fine('clock', 'No other member is heard, so there is no clock to compare with.')
  if (withUs > 0 && !(isMajority && Math.abs(aheadMs) > CLOCK_WARN_MS))
    return fine('clock', `The clock agrees with ${those(withUs, heard)} to within ${spanOf(CLOCK_WARN_MS)}.`)
  if (agreeing === 1 && heard > 1) {
    const sentence = `The clock differs by more than ${spanOf(CLOCK_WARN_MS)} from each of ${heard} others, which differ from each other, too.`
    return warn('clock', sentence, 'set_clock')
  }
  const direction = aheadMs > 0 ? 'behind' : 'ahead of'
  const sentence = `The clock is ${spanOf(aheadMs)} ${direction} ${those(agreeing, heard)}.`
  return isMajority && Math.abs(aheadMs) > CLOCK_FAIL_MS
    ? fail('clock', sentence, 'set_clock')
    : warn('clock', sentence, 'set_clock')
}

function those(agreeing: number, heard: number): string {
  if (heard === 1) return 'that of the other peer'
  return agreeing === heard ? `those of ${heard} others` : `${agreeing} of ${heard} others`
}

/** The largest group of clocks of which none is further from another than twice what is allowed. */
function compare(heard: readonly number[]): Others {
  const sorted = heard.toSorted((a, b) => a - b)
  const groups = sorted.map((from) => sorted.filter((ms) => ms >= from && ms - from <= 2 * CLOCK_WARN_MS))
  const group = groups.reduce<readonly number[]>(
    (most, each) => (each.length > most.length ? each : most),
    [],
  )
  return {
    heard: heard.length,
    agreeing: group.length,
    aheadMs: group[Math.floor(group.length / 2)] ?? 0,
    isMajority: group.length >= 2 && 2 * group.length > heard.length,
    withUs: heard.filter((ms) => Math.abs(ms) <= CLOCK_WARN_MS).length,
  }
}

/** A span of time for people. */
export function spanOf(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1_000)
  if (seconds < 120) return `${seconds} s`
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`
}

import { TIMES } from '../params.ts'
import type { JobContext } from './context.ts'
import { sealMs } from './leases.ts'
import type { OpenJob } from './open-job.ts'

/** Number of the job's next decision. */
export function nextStep(open: OpenJob): number {
  return open.record.step === null ? 0 : open.record.step + 1
}

/** When full refund becomes possible (6.11); undefined before `open` is certified. */
export function voidAt(open: OpenJob): number | undefined {
  const { openedMs, spec } = open.record
  if (openedMs === null) return undefined
  return openedMs + (open.attempt === undefined ? spec.assignMs : spec.voidMs)
}

/** When the next decision could first be taken, in this peer's view (5.4). */
export function dueAt(open: OpenJob): number | undefined {
  if (open.attempt === undefined) return open.record.openedMs ?? undefined
  return open.attempt.readyMs ?? voidAt(open)
}

/**
 * When a bid and a beacon are taken for lost, and said again. The tick comes more often, for the moments at which more
 * may be proposed: with each of them a job of four witnesses cost a dozen frames that everybody had.
 */
export function repeatMs({ offeredMs, record }: OpenJob): number {
  return (offeredMs ?? record.heardMs) + TIMES.nudgeMs
}

/**
 * The next moment at which waiting alone changes what may be proposed or judged. Never more than a nudge away
 * while bids are collected, since bids and beacons may have been lost and are then sent again.
 */
export function nextTickMs(context: JobContext, open: OpenJob, now: number): number {
  const { openedMs, heardMs, spec } = open.record
  const moments: number[] = []
  if (open.attempt === undefined) {
    moments.push(Math.max(repeatMs(open), now + 1), heardMs + TIMES.bidWindowMs)
    if (openedMs !== null) {
      context.roster.epoch.witnesses.forEach((_, place) => moments.push(openedMs + place * TIMES.beaconMs))
    }
  } else {
    moments.push(sealMs(open, open.attempt))
    if (open.attempt.sealedMs !== undefined) moments.push(open.attempt.sealedMs + spec.revealMs)
  }
  const end = voidAt(open)
  if (end !== undefined) moments.push(end)
  // A second of grace keeps a peer whose moments have all passed from spinning.
  return Math.min(...moments.filter((moment) => moment > now), now + TIMES.retryMsMax) - now
}

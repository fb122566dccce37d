import type { Attempt, OpenJob } from './open-job.ts'
import { holderOf, holdersOf, rankOf } from './ranks.ts'
import type { JobSpec } from './spec.ts'

/*
 * How long a runner has been silent, as one peer sees it. Leases aren't signed and aren't kept: after a restart everybody
 * is taken to have been heard just then, which only postpones. They say when a standby begins and when a witness seals.
 * What counts, who is paid and what is judged never depends on them.
 */

interface Turn {
  readonly slot: number
  readonly rank: number
}

/** A runner that has failed is silent since for ever. */
const FOR_EVER = 0

/** When this peer last heard the holder of a rank at work on that very slot: one that is busy elsewhere is silent here. */
function silentSince(attempt: Attempt, slot: number, rank: number): number {
  const peer = holderOf(attempt, slot, rank)
  const lease = peer === undefined ? undefined : attempt.leases.get(peer)
  if (lease?.isFailed === true) return FOR_EVER
  return lease?.slot === slot ? Math.max(attempt.watchedMs, lease.heardMs) : attempt.watchedMs
}

/** From when on all ranks below this one have been silent for so long. */
function silentFor(attempt: Attempt, slot: number, rank: number, ms: number): number {
  const lower = Array.from({ length: rank }, (_, below) => silentSince(attempt, slot, below) + ms)
  return Math.max(FOR_EVER, ...lower)
}

/**
 * When a standby may begin (6.5): all lower ranks silent for leaseMs, and graceMs more for each rank, so that standbys
 * come one after another and each hears of the one before.
 */
export function takeoverMs(spec: JobSpec, attempt: Attempt, slot: number, rank: number): number {
  return silentFor(attempt, slot, rank, spec.leaseMs + rank * spec.graceMs)
}

/**
 * Whether a rank's word that it is at work is shown: not while a rank below it is heard, or any standby could turn those
 * who read along away from the slot's own runner by a word.
 */
export function isItsTurn(spec: JobSpec, attempt: Attempt, { slot, rank }: Turn, now: number): boolean {
  return now >= silentFor(attempt, slot, rank, spec.leaseMs)
}

/**
 * When this witness seals if nothing else comes (6.6): once each slot has a commit whose lower ranks' leases have expired,
 * or can't get one any more, at once when the payer wants no more of it, and commitMs after the assignment in any case.
 */
export function sealMs(
  { record: { spec }, cancel }: Pick<OpenJob, 'cancel'> & { readonly record: { readonly spec: JobSpec } },
  attempt: Attempt,
): number {
  if (cancel !== undefined) return FOR_EVER
  const settled = attempt.slots.map(({ slot }) => settledMs(spec, attempt, slot))
  return Math.min(attempt.assignedMs + spec.commitMs, Math.max(FOR_EVER, ...settled))
}

function settledMs(spec: JobSpec, attempt: Attempt, slot: number): number {
  const commits = [...attempt.commits.values()].filter(({ body }) => body.slot === slot)
  if (commits.length === 0) return isHopeless(attempt, slot) ? FOR_EVER : Number.POSITIVE_INFINITY
  return Math.min(...commits.map(({ body }) => silentFor(attempt, slot, body.rank, spec.leaseMs)))
}

/** Whether all who may fill a slot have failed, or have bound themselves to another one. */
function isHopeless(attempt: Attempt, slot: number): boolean {
  return holdersOf(attempt, slot).every((peer) => {
    const elsewhere = attempt.commits.get(peer)
    return (
      attempt.leases.get(peer)?.isFailed === true || (elsewhere !== undefined && elsewhere.body.slot !== slot)
    )
  })
}

/** The slot that a standby may take over first, and from when on; undefined for a peer that is none. */
export function nextTakeover(
  spec: JobSpec,
  attempt: Attempt,
  standby: Attempt['standbys'][number],
): { readonly slot: number; readonly rank: number; readonly atMs: number } | undefined {
  const chances = attempt.slots.flatMap(({ slot }) => {
    const rank = rankOf(attempt, slot, standby)
    if (rank === undefined || rank === 0) return []
    return [{ slot, rank, atMs: takeoverMs(spec, attempt, slot, rank) }]
  })
  return chances.toSorted((a, b) => a.atMs - b.atMs || a.rank - b.rank)[0]
}

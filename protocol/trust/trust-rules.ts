import { type InstanceRules, type Judgement, NO_ITEMS, WAITING } from '../agreement/instance-rules.ts'
import { type Refusal, valueDigestOf } from '../agreement/messages.ts'
import type { Signed } from '../encoding/signed.ts'
import { type Digest, type InstanceId, type JobId, parseTrustInstance, type PeerId } from '../ids.ts'
import { LIMITS, TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import type { Roster } from '../swarm/roster.ts'
import { fold } from './fold.ts'
import { type LatencyReport, mediansOf } from './latency.ts'
import type { Voters } from './outcomes.ts'
import type { NextTable, TrustTable } from './table.ts'
import { isWellFormed, isWitnessed, type TrustValue } from './value.ts'
import type { WaitingCloses } from './waiting.ts'

/** Jobs asked for at once: with three decisions each they fit the answer to one request. */
const MISSING_AT_ONCE = 16
/** Facts in one load, as when others are served. */
const LOADED_AT_ONCE = 4

export interface TrustParts {
  readonly roster: Roster
  readonly voters: Voters
  readonly table: TrustTable
  readonly waiting: WaitingCloses
  /** Witnesses' reports for the next snapshot. */
  readonly reports: ReadonlyMap<PeerId, Signed<LatencyReport>>
  /** The newest value that proved valid. */
  folded: Folded | undefined
  /** A job's newest decided step and whether it is terminal; undefined before the first decision. */
  readonly jobHead: (job: JobId) => { readonly step: number; readonly end: string | null } | undefined
}

/** A full snapshot takes tens of milliseconds to fold: the one judged last is mostly the one decided next. */
export interface Folded {
  readonly value: Digest
  readonly next: NextTable
}

/** What a value makes of this peer's table; or why it can't be told, or never will. */
export type Refold =
  | { readonly status: 'folded'; readonly next: NextTable }
  | { readonly status: 'missing'; readonly jobs: readonly JobId[] }
  | { readonly status: 'invalid' }

/**
 * Refolds a value on the table before it: a pure function of both and of the closes that it names. A terminal
 * job that doesn't wait is folded already, or nothing of it counts; it may be in no further snapshot.
 */
export function refold(parts: TrustParts, value: TrustValue): Refold {
  const { table, waiting, jobHead } = parts
  if (value.number !== table.number + 1 || !isWellFormed(value)) return { status: 'invalid' }
  const absent = value.closes.filter((job) => waiting.get(job) === undefined)
  if (absent.some((job) => (jobHead(job)?.end ?? null) !== null)) return { status: 'invalid' }
  if (absent.length > 0) return { status: 'missing', jobs: absent }
  const digest = valueDigestOf(value)
  const known = parts.folded?.value === digest ? parts.folded.next : undefined
  const next = known ?? nextTable(parts, value)
  if (next.root !== value.root) return { status: 'invalid' }
  parts.folded = { value: digest, next }
  return { status: 'folded', next }
}

function nextTable(
  parts: TrustParts,
  { closes, reports }: Pick<TrustValue, 'closes' | 'reports'>,
): NextTable {
  const { table, voters, waiting, roster } = parts
  const number = table.number + 1
  const facts = closes.flatMap((job) => waiting.get(job) ?? [])
  const changes = fold(facts, {
    number,
    rowsOf: (peer) => table.rowsOf(peer),
    voterOf: (peer) => voters.voterOf(peer),
  })
  const medians = mediansOf(reports.map(({ body }) => body))
  const members = [...medians].filter(([peer]) => roster.member(peer) !== undefined)
  return table.next(changes, new Map(members))
}

/**
 * When the next snapshot is due in this peer's view: `trustMs` after the one before was applied here, or once a
 * thousand closes wait. Without a close to fold it isn't: an idle swarm makes no snapshots, and latencies
 * alone are not worth one.
 */
export function dueAt({ table, waiting }: TrustParts): number | undefined {
  const { sinceMs, fullMs } = waiting
  if (sinceMs === undefined) return undefined
  const timely = Math.max(sinceMs, table.appliedMs + TIMES.trustMs)
  // Even a backlog leaves everybody the time to hear of a snapshot before the next: jobs name what they know.
  return fullMs === undefined
    ? timely
    : Math.min(timely, Math.max(fullMs, table.appliedMs + TIMES.snapshotMs))
}

/** What the instances `trust/<number>` bring to the agreement (5.8). */
export function createTrustRules(parts: TrustParts): InstanceRules {
  const { roster, table, waiting, reports, jobHead } = parts
  const isNext = (instance: InstanceId) => parseTrustInstance(instance) === table.number + 1

  return {
    naturalProposer(instance) {
      const { witnesses } = roster.epoch
      return isNext(instance) ? witnesses[(table.number + 1) % witnesses.length] : undefined
    },
    dueAt: (instance) => (isNext(instance) ? dueAt(parts) : undefined),
    judge(out, instance, value) {
      if (value.type !== 'trust' || parseTrustInstance(instance) !== value.number)
        return { verdict: 'not_valid' }
      if (!isNext(instance)) return WAITING
      if (!isWitnessed(value, roster)) return { verdict: 'not_valid' }
      const refolded = refold(parts, value)
      switch (refolded.status) {
        case 'invalid':
          return { verdict: 'not_valid' }
        case 'missing':
          return { verdict: 'missing', ids: refolded.jobs.slice(0, MISSING_AT_ONCE) }
        case 'folded':
          return guard(value, out.now)
      }
    },
    build(out, instance) {
      const due = dueAt(parts)
      if (!isNext(instance) || due === undefined || out.now < due) return undefined
      if (reports.size < roster.epoch.sizes.quorum) return undefined
      const value = {
        closes: waiting.oldest(),
        reports: [...reports.values()].sort((a, b) => (a.signer < b.signer ? -1 : 1)),
      }
      return { type: 'trust', number: table.number + 1, ...value, root: nextTable(parts, value).root }
    },
    learn(out, refusal, from) {
      if (isNext(refusal.instance)) learn(out, refusal, from)
    },
  }

  /**
   * A snapshot before its time would let a proposer make as many as it likes; one without a close that has
   * long been here could leave it out for ever.
   */
  function guard(value: TrustValue, now: number): Judgement {
    if (value.closes.length >= LIMITS.closes) return { verdict: 'prepare' }
    const named = new Set(value.closes)
    const closes = waiting.appliedBy(now - TIMES.trustMs).filter((job) => !named.has(job))
    if (closes.length > 0)
      return { verdict: 'guard', items: { ...NO_ITEMS, closes: closes.slice(0, LIMITS.closes) } }
    const due = dueAt(parts)
    return due !== undefined && now >= due ? { verdict: 'prepare' } : WAITING
  }

  /** Sends a witness what it lacks to judge, and fetches what it holds and this peer lacks. */
  function learn(out: Outbox, refusal: Refusal, from: PeerId): void {
    const unknown = refusal.closes.filter((job) => (jobHead(job)?.end ?? null) === null)
    if (unknown.length > 0) {
      const ids = unknown.slice(0, MISSING_AT_ONCE)
      out.send(from, 'sync-fetch', { accounts: [], jobs: [], ids, resolved: [], trust: null })
    }
    if (refusal.code !== 'missing') return
    const chains = refusal.missing.slice(0, MISSING_AT_ONCE).flatMap((job) => {
      const steps = (jobHead(job)?.step ?? -1) + 1
      return Array.from({ length: steps }, (_, step) => keys.decision(job, step))
    })
    // One that doesn't know the instance lacks the snapshot before it.
    const wanted = refusal.missing.length === 0 && table.number > 0 ? [keys.trust(table.number)] : chains
    for (let at = 0; at < wanted.length; at += LOADED_AT_ONCE)
      out.load(wanted.slice(at, at + LOADED_AT_ONCE), { type: 'serve', to: from })
  }
}

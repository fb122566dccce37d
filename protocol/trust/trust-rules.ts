import { type InstanceRules, type Judgement, NO_ITEMS, WAITING } from '../agreement/instance-rules.ts'
import type { Refusal } from '../agreement/messages.ts'
import { hash } from '../crypto/digest.ts'
import { encodeBody } from '../encoding/body.ts'
import type { Signed } from '../encoding/signed.ts'
import { type Digest, type InstanceId, type JobId, parseTrustInstance, type PeerId } from '../ids.ts'
import { LIMITS, TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import type { Roster } from '../swarm/roster.ts'
import type { FactServer } from '../sync/serve.ts'
import { fold } from './fold.ts'
import type { Foldings } from './folding.ts'
import { Effort, type Pieces } from './pieces.ts'
import { type LatencyReport, mediansOf } from './latency.ts'
import type { NextTable, TrustTable } from './table.ts'
import { contentsCodec, isWellFormed, isWitnessed, type TrustValue } from './value.ts'
import type { WaitingCloses } from './waiting.ts'

/** Jobs asked for at once: with three decisions each they fit the answer to one request. */
const MISSING_AT_ONCE = 16

export interface TrustParts {
  readonly roster: Roster
  readonly table: TrustTable
  readonly waiting: WaitingCloses
  readonly serve: Pick<FactServer, 'facts'>
  /** Witnesses' reports for the next snapshot. */
  readonly reports: ReadonlyMap<PeerId, Signed<LatencyReport>>
  readonly foldings: Foldings
  /** What this peer would propose next, from when it was begun until the table changes. */
  draft: Draft | undefined
  /** A job's newest decided step and whether it is terminal; undefined before the first decision. */
  readonly jobHead: (job: JobId) => { readonly step: number; readonly end: string | null } | undefined
}

/** A value without its root. */
type Contents = Pick<TrustValue, 'closes' | 'reports'>

interface Draft extends Contents {
  /** Names its folding. */
  readonly name: Digest
  /** How many closes had ever begun to wait when it was begun. */
  readonly heard: number
  /** It lacks closes that a witness asks for. */
  refused: boolean
}

/** What a value makes of this peer's table; or why it can't be told, or never will. */
export type Refold =
  | { readonly status: 'folded'; readonly next: NextTable }
  | { readonly status: 'missing'; readonly jobs: readonly JobId[] }
  /** It is being folded; `Foldings` tells when that is done. */
  | { readonly status: 'folding' }
  | { readonly status: 'invalid' }

/**
 * Refolds a value on the table before it: a pure function of both and of the closes that it names. A terminal
 * job that doesn't wait is folded already, or nothing of it counts; it may be in no further snapshot.
 */
export function refold(parts: TrustParts, out: Outbox, value: TrustValue): Refold {
  const { table, waiting, foldings, jobHead } = parts
  if (value.number !== table.number + 1 || !isWellFormed(value)) return { status: 'invalid' }
  const absent = value.closes.filter((job) => waiting.get(job) === undefined)
  if (absent.some((job) => (jobHead(job)?.end ?? null) !== null)) return { status: 'invalid' }
  if (absent.length > 0) return { status: 'missing', jobs: absent }
  const next = foldings.of(out, nameOf(value.number, value), () => nextTable(parts, value))
  if (next === undefined) return { status: 'folding' }
  return next.root === value.root ? { status: 'folded', next } : { status: 'invalid' }
}

/** A value's name before its root is known. */
function nameOf(number: number, { closes, reports }: Contents): Digest {
  return hash('trust-contents', encodeBody(contentsCodec, { number, closes, reports }))
}

function* nextTable({ table, waiting }: TrustParts, { closes, reports }: Contents): Pieces<NextTable> {
  const effort = new Effort()
  const number = table.number + 1
  const facts = closes.flatMap((job) => waiting.get(job) ?? [])
  const changes = yield* fold(facts, { number, rowsOf: (peer) => table.rowsOf(peer) }, effort)
  return yield* table.next(changes, mediansOf(reports.map(({ body }) => body)), effort)
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
  const { roster, table, waiting, reports, foldings, jobHead, serve } = parts
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
      if (!isWitnessed(value, roster.epoch)) return { verdict: 'not_valid' }
      const refolded = refold(parts, out, value)
      switch (refolded.status) {
        case 'invalid':
          return { verdict: 'not_valid' }
        case 'missing':
          return { verdict: 'missing', ids: refolded.jobs.slice(0, MISSING_AT_ONCE) }
        case 'folding':
          return { verdict: 'wait' }
        case 'folded':
          return guard(value, out.now)
      }
    },
    build(out, instance) {
      const due = dueAt(parts)
      if (!isNext(instance) || due === undefined || out.now < due) return undefined
      if (reports.size < roster.epoch.sizes.quorum) return undefined
      const draft = currentDraft()
      const { closes, reports: named } = draft
      const next = foldings.of(out, draft.name, () => nextTable(parts, draft))
      if (next === undefined) return undefined
      return { type: 'trust', number: table.number + 1, closes, reports: named, root: next.root }
    },
    learn(out, refusal, from) {
      if (isNext(refusal.instance)) learn(out, refusal, from)
    },
  }

  /** It stays the same while it is folded and voted on; one that was refused gives way once more is known here. */
  function currentDraft(): Draft {
    const { draft } = parts
    if (draft !== undefined && !(draft.refused && draft.heard < waiting.heard)) return draft
    const contents = {
      closes: waiting.oldest(),
      reports: [...reports.values()].sort((a, b) => (a.signer < b.signer ? -1 : 1)),
    }
    const name = nameOf(table.number + 1, contents)
    parts.draft = { ...contents, name, heard: waiting.heard, refused: false }
    return parts.draft
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
    if (parts.draft !== undefined && refusal.closes.length > 0) parts.draft.refused = true
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
    serve.facts(out, from, wanted)
  }
}

import type { Digest, InstanceId, PeerId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import { entryIdOf, type SignedEntry } from '../ledger/entry.ts'
import { TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Roster } from '../swarm/roster.ts'
import { type HandoverLookups, isHigher, joinParts, mayCarry } from './handover.ts'
import type { Carried, Handover } from './messages.ts'

/** A proposer that has a quorum of reports waits so long for the others', which spares it their refusals. */
const OTHERS_MS = TIMES.deltaMs
/** How long it waits for the facts of a witness that reported; then the others' have to do. */
const PULL_MS = TIMES.retryMsMax

interface Report {
  readonly root: Digest
  readonly count: number
  readonly parts: Map<number, Handover>
  /** What the witness has and this peer lacked is here. */
  isPulled: boolean
  /** Of the peer's first report: one that reports ever something else is waited for no longer than others. */
  readonly sinceMs: number
}

export interface GatherParts {
  readonly self: PeerId
  readonly roster: Roster
  readonly root: () => Digest
  readonly compare: (out: Outbox, peer: PeerId) => void
  readonly lookups: HandoverLookups
}

/**
 * What a proposer collects before it proposes an epoch: of a quorum of stopped witnesses, itself among them, what they
 * are bound to, and their facts. None of it is believed further than honest witnesses will confirm it.
 */
export class Gather {
  readonly #parts: GatherParts
  readonly #reports = new Map<PeerId, Report>()
  #sinceMs: number | undefined
  /** Counts what came in, so that a value is made anew only when there is something new. */
  version = 0

  constructor(parts: GatherParts) {
    this.#parts = parts
  }

  reported(): readonly PeerId[] {
    return [...this.#reports].flatMap(([peer, report]) => (isWhole(report) ? [peer] : []))
  }

  /** Asks every witness whose report isn't here. */
  collect(out: Outbox, number: number): void {
    const { roster, self } = this.#parts
    this.#sinceMs ??= out.now
    for (const peer of roster.epoch.witnesses) {
      const report = this.#reports.get(peer)
      if (peer !== self && (report === undefined || !isWhole(report)))
        out.send(peer, 'epoch-collect', { number })
    }
  }

  get isCollecting(): boolean {
    return this.#sinceMs !== undefined
  }

  onReport(out: Outbox, { from, body }: MessageOf<'epoch-report'>): void {
    const { root, part, parts: count, listed } = body
    if (part >= count) return
    const before = this.#reports.get(from)
    const isSame = before?.root === root && before.count === count
    const report =
      isSame && !isWhole(before)
        ? before
        : { root, count, parts: new Map(), isPulled: false, sinceMs: before?.sinceMs ?? out.now }
    report.parts.set(part, listed)
    this.#reports.set(from, report)
    if (!isWhole(report)) return
    this.version += 1
    if (root === this.#parts.root()) report.isPulled = true
    else this.#parts.compare(out, from)
  }

  onPulled(peer: PeerId): void {
    const report = this.#reports.get(peer)
    if (report !== undefined) report.isPulled = true
  }

  /** Whose facts are still on their way. */
  pulling(now: number): readonly PeerId[] {
    return [...this.#reports].flatMap(([peer, report]) =>
      isWhole(report) && !report.isPulled && now - report.sinceMs < PULL_MS ? [peer] : [],
    )
  }

  /** Whether a quorum's reports and facts are here, and nothing more is to be waited for. */
  isReady(now: number): boolean {
    const { sizes } = this.#parts.roster.epoch
    const here = 1 + [...this.#reports.values()].filter((one) => isWhole(one) && one.isPulled).length
    if (here < sizes.quorum || this.pulling(now).length > 0) return false
    return here === sizes.witnesses || now - (this.#sinceMs ?? now) >= OTHERS_MS
  }

  /** All that must be handed over as far as this peer knows: its own and what was reported. */
  merged(own: Handover, closing: number): Handover {
    const { lookups } = this.#parts
    const reports = [...this.#reports.values()].filter(isWhole)
    const listed = reports.map(({ parts }) => joinParts([...parts.values()]))
    const locks = mergeLocks(own.locks, listed, lookups)
    const prepared = new Map<InstanceId, Carried>()
    for (const one of [own, ...listed].flatMap((handover) => handover.prepared)) {
      if (!mayCarry(one, closing, lookups)) continue
      const { instance } = one.certificate.ballot
      const before = prepared.get(instance)
      if (before === undefined || isHigher(one, before)) prepared.set(instance, one)
    }
    return { locks, prepared: [...prepared.values()] }
  }

  clear(): void {
    this.#reports.clear()
    this.#sinceMs = undefined
  }
}

function isWhole({ parts, count }: Report): boolean {
  return parts.size === count
}

/**
 * Own entries, and of each report one for each place: a witness has one lock there. Where an earlier handover listed
 * some, every witness of the epoch has the same list, and nobody votes for anything else.
 */
function mergeLocks(
  own: readonly SignedEntry[],
  listed: readonly Handover[],
  { isVotable }: HandoverLookups,
): readonly SignedEntry[] {
  const merged = new Map(own.filter(isVotable).map((entry) => [entryIdOf(entry), entry]))
  for (const { locks } of listed) {
    const places = new Set<string>()
    for (const entry of locks) {
      const place = `${entry.body.account}/${entry.body.seq}`
      const id = entryIdOf(entry)
      if (merged.has(id) || places.has(place) || !isVotable(entry)) continue
      places.add(place)
      merged.set(id, entry)
    }
  }
  return [...merged.values()]
}

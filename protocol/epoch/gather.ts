import type { Digest, InstanceId, PeerId } from '../ids.ts'
import type { MessageOf } from '../intake/message.ts'
import { entryIdOf, type SignedEntry, placeOf } from '../ledger/entry.ts'
import { TIMES } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { Roster } from '../swarm/roster.ts'
import { type HandoverLookups, isHigher, mayCarry } from './handover.ts'
import { Lists } from './lists.ts'
import type { Carried, Handover, Piece } from './messages.ts'
import type { Cut } from './pieces.ts'

/** A proposer that has a quorum of reports waits so long for the others', which spares it their refusals. */
const OTHERS_MS = TIMES.deltaMs
/** How long it waits for the facts and the list of a witness that has reported; then the others' have to do. */
const PULL_MS = TIMES.retryMsMax

/** The slot of this peer's own list: parts that another's has, too, aren't fetched. */
const OWN = 'own'

interface Contested {
  readonly own: Digest | undefined
  readonly places: ReadonlySet<string>
}

interface Report {
  readonly root: Digest
  readonly list: Digest
  /** What the witness has and this peer lacked is here: only then can be judged what its list says. */
  isPulled: boolean
  comparedMs: number
  /** This peer's own root when the list was judged first. */
  judgedAt: Digest | undefined
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
 * are bound to, and their facts. None of it is believed further than honest witnesses will confirm it. Of a report
 * that is kept which could be certified here, one entry for a place: a liar can't fill this peer's memory but with
 * entries of accounts that have credits, and of each report with one for each such account, as an honest one's: a report
 * of which more would be kept is broken. Only of a place where this peer's own report lists several, as an earlier handover
 * did, others' list the same. It is kept until the decision, over all rounds.
 */
export class Gather {
  readonly #parts: GatherParts
  readonly #lists: Lists
  /** Places at which an earlier handover listed several entries, as far as this peer's own report says. */
  #contested: Contested = { own: undefined, places: new Set() }
  readonly #reports = new Map<PeerId, Report>()
  #sinceMs: number | undefined
  /** How long a quorum's reports took: nobody else is waited for much longer. */
  #quorumMs: number | undefined
  /** Counts what came in, so that a value is made anew only when there is something new. */
  version = 0

  constructor(parts: GatherParts) {
    this.#parts = parts
    const number = () => parts.roster.epoch.number + 1
    const mayRepeat = (place: string) => this.#contested.places.has(place)
    this.#lists = new Lists({ number, isStored: () => false, mayRepeat })
  }

  reported(): readonly PeerId[] {
    return [...this.#reports.keys()].filter((peer) => this.#isWhole(peer))
  }

  /** Asks every witness whose report isn't here; `own` is what this one would report. */
  collect(out: Outbox, own: Cut): void {
    const { roster, self } = this.#parts
    this.#sinceMs ??= out.now
    this.#setOwn(own)
    for (const peer of roster.epoch.witnesses)
      if (peer !== self && !this.#isWhole(peer))
        out.send(peer, 'epoch-collect', { number: roster.epoch.number + 1 })
  }

  #setOwn(own: Cut): void {
    this.#lists.place(OWN, own)
    if (this.#contested.own === own.name) return
    this.#contested = { own: own.name, places: contestedIn(own) }
  }

  get isCollecting(): boolean {
    return this.#sinceMs !== undefined
  }

  onReport(out: Outbox, { from, body }: MessageOf<'epoch-report'>): void {
    // Unasked for it would be another's choice what this peer fetches.
    if (!this.isCollecting) return
    const { root, list } = body
    const before = this.#reports.get(from)
    const isLevel = root === this.#parts.root()
    if (before?.root === root && before.list === list) {
      if (before.isPulled) this.#fetch(out, from, before)
      // It says so again: there may be facts that the first comparison didn't bring.
      if (isLevel || out.now - before.comparedMs < PULL_MS) return
      before.comparedMs = out.now
    } else {
      const sinceMs = before?.sinceMs ?? out.now
      const report = { root, list, isPulled: isLevel, judgedAt: undefined, comparedMs: out.now, sinceMs }
      this.#reports.set(from, report)
      if (isLevel) return this.#fetch(out, from, report)
    }
    this.#parts.compare(out, from)
  }

  onPulled(out: Outbox, peer: PeerId): void {
    const report = this.#reports.get(peer)
    if (report === undefined) return
    report.isPulled = true
    // What was sifted away may be known to be good by now.
    if (this.#lists.isSifted(peer) && report.judgedAt !== this.#parts.root()) this.#lists.forget(peer)
    this.#fetch(out, peer, report)
  }

  /** True when a piece of a report was this one. */
  onPiece(out: Outbox, piece: Piece): boolean {
    const whole = this.reported().length
    if (!this.#lists.take(out, piece)) return false
    if (this.reported().length > whole) this.version += 1
    return true
  }

  #fetch(out: Outbox, peer: PeerId, report: Report): void {
    report.judgedAt ??= this.#parts.root()
    const whole = this.reported().length
    const sift = (part: Handover) => siftedOf(part, this.#parts.roster.epoch.number, this.#parts.lookups)
    this.#lists.want(out, peer, { name: report.list, holders: [peer], sift })
    // What this peer holds itself by now may be all that others' lists still lacked.
    if (this.reported().length > whole) this.version += 1
  }

  /** Whose facts and lists are still on their way. */
  #awaited(now: number): readonly PeerId[] {
    const patienceMs = Math.max(PULL_MS, 2 * (this.#quorumMs ?? 0))
    return [...this.#reports].flatMap(([peer, { sinceMs }]) =>
      !this.#isWhole(peer) && now - sinceMs < patienceMs ? [peer] : [],
    )
  }

  /** Whether a quorum's reports and facts are here, and nothing more is to be waited for. */
  isReady(now: number): boolean {
    const { sizes } = this.#parts.roster.epoch
    const here = 1 + this.reported().length
    if (here < sizes.quorum) return false
    const sinceMs = this.#sinceMs ?? now
    this.#quorumMs ??= now - sinceMs
    if (this.#awaited(now).length > 0) return false
    return here === sizes.witnesses || now - sinceMs >= OTHERS_MS
  }

  /** All that must be handed over as far as this peer knows: its own and what was reported. */
  merged(own: Handover, closing: number): Handover {
    const { lookups } = this.#parts
    const listed = this.reported().flatMap((peer) => this.#lists.kept(peer) ?? [])
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

  /** What is on its way, for the part that looks after it. */
  get lists(): Pick<Lists, 'repeat' | 'resume' | 'isBusy' | 'isAsking'> {
    return this.#lists
  }

  clear(): void {
    this.#reports.clear()
    this.#lists.clear()
    this.#sinceMs = undefined
    this.#quorumMs = undefined
  }

  #isWhole(peer: PeerId): boolean {
    const report = this.#reports.get(peer)
    return report?.isPulled === true && this.#lists.isHere(peer, report.list)
  }
}

function contestedIn({ parts }: Cut): ReadonlySet<string> {
  const counts = new Map<string, number>()
  for (const { locks } of parts.values())
    for (const { body } of locks) counts.set(placeOf(body), (counts.get(placeOf(body)) ?? 0) + 1)
  return new Set([...counts].flatMap(([place, count]) => (count > 1 ? [place] : [])))
}

/** What of a part could be certified here, one entry for each place, and the values that may be carried. */
function siftedOf({ locks, prepared }: Handover, closing: number, lookups: HandoverLookups): Handover {
  const places = new Set<string>()
  const isFirst = ({ body }: SignedEntry) => {
    const place = placeOf(body)
    const isNew = !places.has(place)
    places.add(place)
    return isNew
  }
  return {
    locks: locks.filter((entry) => lookups.isVotable(entry) && isFirst(entry)),
    prepared: prepared.filter((one) => mayCarry(one, closing, lookups)),
  }
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
      const place = placeOf(entry.body)
      const id = entryIdOf(entry)
      if (merged.has(id) || places.has(place) || !isVotable(entry)) continue
      places.add(place)
      merged.set(id, entry)
    }
  }
  return [...merged.values()]
}

import { hash } from '../crypto/digest.ts'
import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { digest, type Infer, list, nullable, peerId, struct, uint } from '../encoding/codec.ts'
import type { Digest, PeerId } from '../ids.ts'
import { LIMITS } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { Charter } from '../swarm/charter.ts'
import { type CounterRow, counterRowCodec, decayed, REST } from './counters.ts'
import type { RowChange } from './fold.ts'
import type { Effort, Pieces } from './pieces.ts'
import { type Evidence, priorOf, trustOf } from './lower-bound.ts'
import { type Bearer, foundingSnapshot, priorTrustOf, type TrustRow, type TrustSnapshot } from './snapshot.ts'

/** One that counts, one that makes room for it, and what is held against the rest. */
const ROWS_MAX = LIMITS.closes * LIMITS.slots * 3

const rowsChanged = list(struct({ peer: peerId, model: digest(), row: nullable(counterRowCodec) }), {
  max: ROWS_MAX,
})
const latencies = list(struct({ peer: peerId, ms: uint() }), {
  max: LIMITS.reported * LIMITS.witnesses,
})

/** Rows of one part of a table's digest: it is made a part at a time. */
const ROWS_AT_ONCE = 64
const UNITS_PER_ROW = 8

/** What a table's digest covers: everything before it, and, as digests of its parts, what this snapshot makes of it. */
const rootCodec = struct({
  number: uint(),
  before: nullable(digest()),
  rows: list(digest(), { max: Math.ceil(ROWS_MAX / ROWS_AT_ONCE) }),
  latencies,
})

/** One of the newest snapshots, with the rows as they were before it, so that earlier ones can be read. */
const keptCodec = struct({
  number: uint(),
  root: digest(),
  /** `chainedValue` of all decided snapshots up to this one. */
  chain: digest(),
  appliedMs: uint(),
  before: rowsChanged,
  latencies,
})

/** A snapshot's table: what it changes, and the digest of all rows after it. */
export interface NextTable {
  readonly number: number
  readonly root: Digest
  readonly changes: readonly RowChange[]
  readonly latencies: Infer<typeof latencies>
}

interface Kept {
  readonly number: number
  readonly root: Digest
  readonly chain: Digest
  readonly appliedMs: number
  readonly latencies: ReadonlyMap<PeerId, number>
  /** Rows that this snapshot replaced, by `keyOf`. */
  readonly before: ReadonlyMap<string, CounterRow | null>
}

/** Snapshots that can be read: a spec may name the newest but one, and the rest is for peers that lag behind. */
const KEPT_SNAPSHOTS = 8

/** Counters of all members by model, as of the newest snapshot, and the newest few snapshots. */
export class TrustTable {
  readonly #charter: Charter
  readonly #founding: TrustSnapshot
  /** By the trust that they stand for: the charter's, and nothing. */
  readonly #priors = new Map<number, Evidence>()
  readonly #rows = new Map<PeerId, Map<Digest, CounterRow>>()
  /** Ascending; the last one is the newest. */
  #kept: readonly Kept[] = []

  constructor(charter: Charter) {
    this.#charter = charter
    this.#founding = foundingSnapshot(charter)
    for (const trust of [charter.params.priorTrust, 0]) this.#priors.set(trust, priorOf(trust))
  }

  get number(): number {
    return this.#kept.at(-1)?.number ?? 0
  }

  /** Digest of the newest table; undefined at the founding. */
  get root(): Digest | undefined {
    return this.#kept.at(-1)?.root
  }

  /** Names the decision that made the newest table, and all before it; undefined at the founding. */
  get chain(): Digest | undefined {
    return this.#kept.at(-1)?.chain
  }

  /** When the newest snapshot was applied here; the founding one always was. */
  get appliedMs(): number {
    return this.#kept.at(-1)?.appliedMs ?? 0
  }

  rowsOf(peer: PeerId): ReadonlyMap<Digest, CounterRow> | undefined {
    return this.#rows.get(peer)
  }

  /** A snapshot by its number; undefined for one that isn't here yet, or not any more. */
  at(number: number): TrustSnapshot | undefined {
    if (number === 0) return this.#founding
    const kept = this.#kept.find((one) => one.number === number)
    return kept === undefined ? undefined : { number, row: (bearer, model) => this.#row(kept, bearer, model) }
  }

  newest(): TrustSnapshot {
    return this.at(this.number) ?? this.#founding
  }

  /** What a snapshot's changes and latencies would make of this table; nothing is changed. */
  *next(
    changes: readonly RowChange[],
    medians: ReadonlyMap<PeerId, number>,
    effort: Effort,
  ): Pieces<NextTable> {
    const number = this.number + 1
    const measured = [...medians]
      .map(([peer, ms]) => ({ peer, ms }))
      .sort((a, b) => (a.peer < b.peer ? -1 : 1))
    const rows: Digest[] = []
    for (let at = 0; at < changes.length; at += ROWS_AT_ONCE) {
      const part = changes.slice(at, at + ROWS_AT_ONCE)
      rows.push(hash('trust-rows', encodeBody(rowsChanged, part)))
      if (effort.spend(UNITS_PER_ROW * part.length)) yield
    }
    const body = { number, before: this.root ?? null, rows, latencies: measured }
    return { number, root: hash('trust-table', encodeBody(rootCodec, body)), changes, latencies: measured }
  }

  apply(out: Outbox, { number, root, changes, latencies: measured }: NextTable, chain: Digest): void {
    const before = changes.map(({ peer, model }) => ({ peer, model, row: this.#current(peer, model) }))
    for (const { peer, model, row } of changes) {
      this.#put(peer, model, row)
      out.write(keys.trustRow(peer, model), row === null ? null : encodeBody(counterRowCodec, row))
    }
    const kept = { number, root, chain, appliedMs: out.now, before, latencies: measured }
    out.write(keys.trustSnapshot(number), encodeBody(keptCodec, kept))
    this.#keep(kept)
    const gone = this.#kept.slice(0, -KEPT_SNAPSHOTS)
    for (const one of gone) out.write(keys.trustSnapshot(one.number), null)
    this.#kept = this.#kept.slice(-KEPT_SNAPSHOTS)
  }

  restore({ key, value }: StoredRecord): void {
    if (key.startsWith(PREFIXES.trustSnapshot)) this.#keep(decodeRecord(keptCodec, value, key))
    if (!key.startsWith(PREFIXES.trustRow)) return
    const [peer = '', model = ''] = key.slice(PREFIXES.trustRow.length).split('/')
    this.#put(peer as PeerId, model as Digest, decodeRecord(counterRowCodec, value, key))
  }

  #keep({ number, root, chain, appliedMs, before, latencies: measured }: Infer<typeof keptCodec>): void {
    const kept: Kept = {
      number,
      root,
      chain,
      appliedMs,
      latencies: new Map(measured.map(({ peer, ms }) => [peer, ms])),
      before: new Map(before.map(({ peer, model, row }) => [keyOf(peer, model), row])),
    }
    this.#kept = [...this.#kept, kept].sort((a, b) => a.number - b.number)
  }

  #current(peer: PeerId, model: Digest): CounterRow | null {
    return this.#rows.get(peer)?.get(model) ?? null
  }

  #put(peer: PeerId, model: Digest, row: CounterRow | null): void {
    const rows = this.#rows.get(peer) ?? new Map<Digest, CounterRow>()
    if (row === null) rows.delete(model)
    else rows.set(model, row)
    if (rows.size === 0) this.#rows.delete(peer)
    else this.#rows.set(peer, rows)
  }

  /** A row as it was at one of the kept snapshots: what the first later one that changed it replaced. */
  #rowAt(number: number, peer: PeerId, model: Digest): CounterRow | null {
    const key = keyOf(peer, model)
    const later = this.#kept.find((one) => one.number > number && one.before.has(key))
    return later === undefined ? this.#current(peer, model) : (later.before.get(key) ?? null)
  }

  #row({ number, latencies: measured }: Kept, bearer: Bearer, model: Digest): TrustRow {
    const { peer } = bearer
    const row = this.#rowAt(number, peer, model) ?? this.#rowAt(number, peer, REST)
    const trust = priorTrustOf(bearer, this.#charter)
    const prior = this.#priors.get(trust)
    const isEarned = row !== null && prior !== undefined
    return {
      trust: isEarned ? trustOf(decayed(row, number), prior) : trust,
      latencyMs: measured.get(peer),
    }
  }
}

function keyOf(peer: PeerId, model: Digest): string {
  return `${peer}/${model}`
}

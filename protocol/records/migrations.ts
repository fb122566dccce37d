import { decodeCanonical, encodeCanonical } from '../encoding/cbor.ts'
import { PREFIXES } from './keys.ts'
import type { StoredRecord, Write } from './record.ts'

/**
 * One step of a store's records from version `to` - 1 to `to`. It is applied to every record under `prefixes`, each
 * by itself and in the order of the keys, in batches; a crash between two leaves the records before in the new shape and
 * the rest in the old one, and the next start goes on there. So `migrate` is a function of the one record, and it
 * writes under that record's key, or under prefixes that the step doesn't read.
 *
 * It names both shapes itself, at the level of canonical CBOR: the codecs go on changing, what a version wrote doesn't.
 */
export interface Migration {
  readonly to: number
  readonly about: string
  readonly prefixes: readonly string[]
  /** What to write instead; nothing for a record that stays. Throws for one that no program of that version wrote. */
  migrate(record: StoredRecord): readonly Write[]
}

/** What a refused store tells its owner. */
const GO_ON_EARLIER = 'begin with a new data folder, or go on with the earlier program'

/**
 * Version 1 is every store without a version: programs wrote none at first. Of these, the ones from before forks could
 * be settled keep a running hash of claims with each account, and no sum of what was burnt; the ones from before trust
 * snapshots say nothing of trust with a job. Later ones have today's shape already.
 */
const TO_2: Migration = {
  to: 2,
  about: 'accounts say what forks burnt; jobs say by whose trust they were assigned',
  prefixes: [PREFIXES.account, PREFIXES.closed, PREFIXES.job],
  migrate({ key, value }) {
    const fields = mapIn(decodeCanonical(value), key)
    const changed = key.startsWith(PREFIXES.account)
      ? migrateAccount(fields)
      : key.startsWith(PREFIXES.closed)
        ? migrateJob(fields)
        : migrateOpenJob(fields, key)
    return changed === undefined ? [] : [{ key, value: encodeCanonical(changed) }]
  },
}

/**
 * Assignments say since version 3 who vouched for the bidders and under which epoch they were decided, and a job's head
 * covers all its decisions. What was decided before can't be said in the new words, since a quorum signed the old ones:
 * a store without jobs goes on, one with jobs is refused rather than read wrongly.
 */
const TO_3: Migration = {
  to: 3,
  about: "jobs' decisions name their epoch and the labels that they went by",
  prefixes: [PREFIXES.jobHead],
  migrate({ key, value }) {
    if (mapIn(decodeCanonical(value), key).has('chain')) return []
    throw new TypeError(`its jobs were decided by rules that this program no longer reads; ${GO_ON_EARLIER}`)
  },
}

/**
 * Since version 4 a job's spec says how long a silent runner keeps its slot, its values who took a slot over and who wants
 * no more of it, and the state's leaf of trust covers the chain of decided snapshots. As above, what was signed in the old
 * words can't be said in the new ones; a snapshot's chain would have to be made of all decisions before it, one after the
 * other, which no step does that takes each record by itself. What is about epochs behind the first has other
 * shapes, too, but no program of version 3 could begin one.
 */
const TO_4: Migration = {
  to: 4,
  about: 'jobs speak of leases, ranks and cancels; trust snapshots name all decisions behind them',
  prefixes: [
    PREFIXES.job,
    PREFIXES.jobHead,
    PREFIXES.open,
    PREFIXES.trustSnapshot,
    PREFIXES.closing,
    PREFIXES.adopted,
    PREFIXES.statePart,
  ],
  migrate({ key, value }) {
    if ([PREFIXES.closing, PREFIXES.adopted, PREFIXES.statePart].some((prefix) => key.startsWith(prefix)))
      throw new TypeError(`it holds an epoch that no released program could begin; ${GO_ON_EARLIER}`)
    if (!key.startsWith(PREFIXES.trustSnapshot))
      throw new TypeError(
        `its jobs were decided by rules that this program no longer reads; ${GO_ON_EARLIER}`,
      )
    if (mapIn(decodeCanonical(value), key).has('chain')) return []
    throw new TypeError(
      `its trust snapshots don't name the decisions behind them, as this program's do; ${GO_ON_EARLIER}`,
    )
  },
}

/** Since version 5 it is written down who closed a job whose answers are still asked for: an epoch may begin meanwhile. */
const TO_5: Migration = {
  to: 5,
  about: 'answers that are asked for say under which epoch their job was closed',
  prefixes: [PREFIXES.wanted],
  migrate({ key, value }) {
    const fields = mapIn(decodeCanonical(value), key)
    return fields.has('epoch') ? [] : [{ key, value: encodeCanonical(new Map(fields).set('epoch', null)) }]
  },
}

type Fields = ReadonlyMap<unknown, unknown>

function migrateAccount(fields: Fields): Fields | undefined {
  if (fields.has('burnt')) return undefined
  return new Map([...fields].filter(([name]) => name !== 'claimed')).set('burnt', 0)
}

function migrateJob(fields: Fields): Fields | undefined {
  return fields.has('trust') ? undefined : new Map(fields).set('trust', null)
}

/** `bid` came with the same programs; without one the peer hasn't bid. */
function migrateOpenJob(fields: Fields, key: string): Fields | undefined {
  const record = migrateJob(mapIn(fields.get('record'), key))
  if (record === undefined && fields.has('bid')) return undefined
  const changed = new Map(fields).set('record', record ?? fields.get('record'))
  return changed.has('bid') ? changed : changed.set('bid', null)
}

function mapIn(value: unknown, key: string): Fields {
  if (value instanceof Map) return value
  throw new TypeError(`the record ${key} is no map`)
}

/** All steps, ascending and without a gap. One that was released is never changed. */
export const MIGRATIONS: readonly Migration[] = [TO_2, TO_3, TO_4, TO_5]

/** The version of the records that this program reads and writes. */
export const STORE_VERSION = MIGRATIONS.at(-1)?.to ?? 1

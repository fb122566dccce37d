import { decodeRecord } from '../encoding/body.ts'
import { type Digest, isDigest, type JobId, type PeerId } from '../ids.ts'
import { createBudgets } from '../intake/budget.ts'
import { packFacts } from '../ledger/fact.ts'
import { positionCodec } from '../ledger/output-book.ts'
import { LIMITS, SERVE_QUOTA, SERVED_FACTS } from '../params.ts'
import type { LoadPurpose } from '../peer/effect.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys } from '../records/keys.ts'
import { EPOCH_KEY, type Heads, parseResolvedLeaf, TRUST_KEY } from './leaves.ts'
import type { SyncFetch, SyncLeavesRequest } from './messages.ts'
import type { StateDigest } from './state-digest.ts'

/** Facts in one message and one load: applying them takes the receiver well below a millisecond. */
const FACTS_AT_ONCE = 4

/** Bytes in one such message: an entry of 64 operations and as many claims, a quarter of a millisecond, goes alone. */
const FACTS_BYTES = 8_192

/** Decided snapshots that one request brings: each names up to a thousand closes, which are fetched next. */
const SERVED_SNAPSHOTS = 4

/** Positions in one load. */
const POSITIONS_AT_ONCE = 16

/** Leaves in one answer: reading 256 account ids takes the receiver about as long as one signature. */
export const SERVED_LEAVES = 256

/** Loads that one peer may have open here, as many as four of its requests make. */
export const LOADS_OPEN_MAX = 512

/** A store that hasn't answered so many loads yet is given this time before it is asked for more. */
const LOADS_BUSY_MS = 500

/** A leaf in an answer, about; its exact size isn't worth encoding it twice. */
const LEAF_BYTES = 64

/** What every answer costs besides, an empty one too: its envelope. */
const ANSWER_BYTES = 256

/** A bucket's digest in an answer. */
const BUCKET_BYTES = 34

export type ServeVerdict = 'served' | 'busy'
export type FetchVerdict = ServeVerdict | 'nothing'

/**
 * The one way in which facts of the store leave for a peer, and records that aren't facts (`RecordServer`). What a peer was given is counted in bytes against
 * `SERVE_QUOTA`, loads still open against their number; a request beyond is answered with how long to wait. Both
 * counts outlive the connection, so reconnecting gains nothing. A peer that asks for something again, as a driver does
 * for a certificate, has it once its quota is back: after `LIMITS.busyMs` and what it asks for meanwhile.
 */
export interface FactServer {
  /** Sends what stands under these keys of the store. */
  facts(out: Outbox, to: PeerId, wanted: readonly string[]): ServeVerdict
  /** Sends what stands where these entries stand. */
  entries(out: Outbox, to: PeerId, ids: readonly Digest[]): ServeVerdict
  /** An answer from memory, of about so many bytes: counted if it may leave; else the peer is told to wait. */
  answer(out: Outbox, to: PeerId, bytes: number): ServeVerdict
}

/** Records that are no facts leave on the same account, through whichever part knows what they say. */
export interface RecordServer {
  /** Loads a record for a peer; whoever it comes back to says by `gave` what became of it. */
  record(out: Outbox, to: PeerId, key: string, purpose: RecordPurpose): ServeVerdict
  /** A record is read, and so many bytes of it go to the peer; 0 where there is nothing to send. */
  gave(out: Outbox, to: PeerId, bytes: number): void
}

export type RecordPurpose = Extract<LoadPurpose, { type: 'handover-serve' | 'closing' }>
type ServePurpose = Extract<LoadPurpose, { type: 'serve' | 'positions' }>

/** Answers what others ask while they reconcile, too: heads from memory, facts from the store. */
export interface Serve extends FactServer, RecordServer {
  /** A peer's root differs: it is told where. */
  onRootDiffers(out: Outbox, to: PeerId): ServeVerdict
  onFetch(out: Outbox, to: PeerId, fetch: SyncFetch): FetchVerdict
  onLeavesRequest(out: Outbox, to: PeerId, request: SyncLeavesRequest): void
  /** For `loaded` with the purposes `serve` and `positions`. */
  onLoaded(out: Outbox, values: readonly (Uint8Array | undefined)[], purpose: ServePurpose): void
}

/** Loads that the store hasn't answered; `endsFetch` when a fetch is among them, whose end its asker is told. */
interface OpenLoads {
  readonly count: number
  readonly endsFetch: boolean
}

export function createServe({
  heads,
  digest,
}: {
  readonly heads: Heads
  readonly digest: StateDigest
}): Serve {
  const loadsOpen = new Map<PeerId, OpenLoads>()
  const budgets = createBudgets(SERVE_QUOTA)

  /** Tells a peer to wait; false when it needn't, and an answer is on its account. */
  function refuse(out: Outbox, to: PeerId): boolean {
    const loadsMs = (loadsOpen.get(to)?.count ?? 0) >= LOADS_OPEN_MAX ? LOADS_BUSY_MS : 0
    const afterMs = Math.min(LIMITS.busyMs, Math.max(loadsMs, budgets.waitMs(to, out.now)))
    if (afterMs > 0) out.send(to, 'sync-busy', { afterMs })
    else budgets.overdraw(to, ANSWER_BYTES, out.now)
    return afterMs > 0
  }

  function opened(to: PeerId): void {
    const open = loadsOpen.get(to)
    loadsOpen.set(to, { count: (open?.count ?? 0) + 1, endsFetch: open?.endsFetch ?? false })
  }

  function load(out: Outbox, to: PeerId, wanted: readonly string[], type: 'serve' | 'positions'): void {
    const size = type === 'serve' ? FACTS_AT_ONCE : POSITIONS_AT_ONCE
    for (let at = 0; at < wanted.length; at += size) {
      opened(to)
      out.load(wanted.slice(at, at + size), { type, to })
    }
  }

  function sendFacts(out: Outbox, to: PeerId, values: readonly Uint8Array[]): void {
    budgets.overdraw(
      to,
      values.reduce((sum, { length }) => sum + length, 0),
      out.now,
    )
    for (const facts of packFacts(values, FACTS_AT_ONCE, FACTS_BYTES)) out.send(to, 'facts', { facts })
  }

  /** The last answer to a fetch is empty, so that the asker knows that it has everything. */
  function loaded(out: Outbox, to: PeerId): void {
    const open = loadsOpen.get(to)
    if (open === undefined) return
    if (open.count > 1) {
      loadsOpen.set(to, { ...open, count: open.count - 1 })
      return
    }
    loadsOpen.delete(to)
    if (open.endsFetch) out.send(to, 'facts', { facts: [] })
  }

  function give(
    out: Outbox,
    to: PeerId,
    wanted: readonly string[],
    type: 'serve' | 'positions',
  ): ServeVerdict {
    if (wanted.length === 0) return 'served'
    if (refuse(out, to)) return 'busy'
    load(out, to, wanted, type)
    return 'served'
  }

  return {
    facts: (out, to, wanted) => give(out, to, wanted, 'serve'),
    entries: (out, to, ids) => give(out, to, ids.map(keys.entry), 'positions'),
    answer(out, to, bytes) {
      if (refuse(out, to)) return 'busy'
      budgets.overdraw(to, bytes, out.now)
      return 'served'
    },
    record(out, to, key, purpose) {
      if (refuse(out, to)) return 'busy'
      opened(to)
      out.load([key], purpose)
      return 'served'
    },
    gave(out, to, bytes) {
      budgets.overdraw(to, bytes, out.now)
      loaded(out, to)
    },
    onRootDiffers(out, to) {
      if (refuse(out, to)) return 'busy'
      const buckets = digest.buckets()
      budgets.overdraw(to, buckets.length * BUCKET_BYTES, out.now)
      out.send(to, 'sync-buckets', { buckets })
      return 'served'
    },
    onFetch(out, to, fetch) {
      if (refuse(out, to)) return 'busy'
      const wanted = factKeys(heads, fetch)
      load(out, to, wanted, 'serve')
      load(out, to, fetch.ids.map(keys.entry), 'positions')
      const open = loadsOpen.get(to)
      if (open !== undefined && wanted.length + fetch.ids.length > 0) {
        loadsOpen.set(to, { ...open, endsFetch: true })
        return 'served'
      }
      out.send(to, 'facts', { facts: [] })
      return 'nothing'
    },
    onLeavesRequest(out, to, request) {
      if (refuse(out, to)) return
      const leaves = leavesFor(heads, digest, request)
      budgets.overdraw(to, (leaves.accounts.length + leaves.jobs.length) * LEAF_BYTES, out.now)
      out.send(to, 'sync-leaves', leaves)
    },
    onLoaded(out, values, purpose) {
      const found = values.filter((value) => value !== undefined)
      if (purpose.type === 'serve') sendFacts(out, purpose.to, found)
      else if (purpose.type === 'positions') {
        const places = found.map((value) => decodeRecord(positionCodec, value, 'entry'))
        const certificates = new Set(places.flatMap(({ account, seq }) => heads.placeKeys(account, seq)))
        load(out, purpose.to, [...certificates], 'serve')
      }
      loaded(out, purpose.to)
    },
  }
}

/** Store keys of what a request names, each of its chains with the same share of the limit. */
function factKeys(
  heads: Heads,
  { accounts, jobs, ids, resolved, trust, epoch }: SyncFetch,
): readonly string[] {
  const share = Math.max(1, Math.floor(SERVED_FACTS / Math.max(1, accounts.length + jobs.length)))
  const found: string[] = epoch === null ? [] : [keys.epochDecision(epoch)]
  if (trust !== null) {
    const newest = Math.min(heads.trust(), trust + SERVED_SNAPSHOTS - 1)
    for (let number = trust; number <= newest; number += 1) found.push(keys.trust(number))
  }
  for (const { account, from } of accounts) {
    const end = Math.min(heads.nextSeq(account), from + share)
    for (let seq = from; seq < end; seq += 1) found.push(...heads.placeKeys(account, seq))
  }
  const named = ids.map((job) => ({ job, from: 0 }))
  for (const { job, from } of [...jobs, ...named]) {
    const newest = heads.jobStep(job)
    if (newest === undefined) continue
    for (let step = from; step <= Math.min(newest, from + LIMITS.steps); step += 1)
      found.push(keys.decision(job, step))
  }
  for (const { account, number } of resolved) {
    const settled = heads.resolved(account, number)
    if (settled === undefined) continue
    found.push(keys.resolution(account, number))
    if (settled.surfaced !== null) found.push(keys.certificate(account, settled.seq))
  }
  return [...new Set(found)].slice(0, SERVED_FACTS)
}

function leavesFor(heads: Heads, digest: StateDigest, request: SyncLeavesRequest) {
  const buckets: number[] = []
  const accounts: { account: PeerId; seq: number }[] = []
  const jobs: { job: JobId; step: number }[] = []
  const resolved: { account: PeerId; number: number; surfaced: boolean }[] = []
  let trust: number | null = null
  let { after } = request
  for (const bucket of request.buckets) {
    const names = digest.keysOf(bucket)
    for (const name of names.slice(names.indexOf(after) + 1)) {
      if (accounts.length + jobs.length + resolved.length >= SERVED_LEAVES)
        return { buckets, after, accounts, jobs, resolved, trust }
      const fork = parseResolvedLeaf(name)
      if (fork !== undefined)
        resolved.push({ ...fork, surfaced: heads.resolved(fork.account, fork.number)?.surfaced !== null })
      else if (name === TRUST_KEY) trust = heads.trust()
      else if (isDigest(name)) jobs.push({ job: name, step: heads.jobStep(name) ?? 0 })
      // Leaf keys are this peer's own: whatever is no job, no fork, not the epoch and not trust is an account.
      else if (name !== EPOCH_KEY)
        accounts.push({ account: name as PeerId, seq: heads.nextSeq(name as PeerId) - 1 })
      after = name
    }
    buckets.push(bucket)
    after = ''
  }
  return { buckets, after, accounts, jobs, resolved, trust }
}

import { digest, flag, type Infer, list, nullable, peerId, struct, text, uint } from '../encoding/codec.ts'
import type { JobId } from '../ids.ts'
import { LIMITS } from '../params.ts'

/** "This is my root": whoever differs answers with its buckets, and asks in turn what it lacks itself. */
export const syncRootCodec = struct({ root: digest(), epoch: uint() })
export type SyncRoot = Infer<typeof syncRootCodec>

/** "I have given you as much as I may": the request isn't answered; it is to be made again after this time. */
export const syncBusyCodec = struct({ afterMs: uint(LIMITS.busyMs, 1) })

/** All bucket digests; null stands for an empty bucket. */
export const syncBucketsCodec = struct({
  buckets: list(nullable(digest()), { min: LIMITS.buckets, max: LIMITS.buckets }),
})

// Leaf keys are account ids, job ids, the epoch's and trust's names, and settled forks by account and place; the empty text
// stands before all of them.
const leafKey = text({ max: 96 })
const resolved = struct({ account: peerId, number: uint() })

/** Asks for the leaves of some buckets, in that order; of the first one only what follows `after`. */
export const syncLeavesRequestCodec = struct({
  buckets: list(uint(LIMITS.buckets - 1), { min: 1, max: LIMITS.buckets }),
  after: leafKey,
})
export type SyncLeavesRequest = Infer<typeof syncLeavesRequestCodec>

/**
 * Heads of accounts (`seq` of the newest certified entry) and of jobs (newest decided step). `buckets` are
 * those of the request that end here; the first of the others goes on behind `after`.
 */
export const syncLeavesCodec = struct({
  buckets: list(uint(LIMITS.buckets - 1), { max: LIMITS.buckets }),
  after: leafKey,
  accounts: list(struct({ account: peerId, seq: uint() }), { max: LIMITS.leaves }),
  jobs: list(struct({ job: digest<JobId>(), step: uint(LIMITS.steps) }), { max: LIMITS.leaves }),
  /** Settled forks by their numbers; `surfaced` where a merged branch's certificate is known. */
  resolved: list(struct({ account: peerId, number: uint(), surfaced: flag }), { max: LIMITS.leaves }),
  /** Newest trust snapshot; null where its leaf isn't among these. */
  trust: nullable(uint()),
})
export type SyncLeaves = Infer<typeof syncLeavesCodec>

/**
 * Asks for facts: entries of a chain from a position on, decisions of a job from a step on, or any by id. The
 * answer are `facts` messages, the last of them empty.
 */
export const syncFetchCodec = struct({
  accounts: list(struct({ account: peerId, from: uint() }), { max: LIMITS.fetched }),
  jobs: list(struct({ job: digest<JobId>(), from: uint(LIMITS.steps) }), { max: LIMITS.fetched }),
  /** Entry ids, or job ids: those stand for the entry that opened the job and for all its decisions. */
  ids: list(digest(), { max: LIMITS.missing }),
  /** Settled forks, each answered with its decision and a surfaced branch's certificate. */
  resolved: list(resolved, { max: LIMITS.fetched }),
  /** Decisions of trust snapshots from this one on; null asks for none. */
  trust: nullable(uint(Number.MAX_SAFE_INTEGER, 1)),
  /** The decision that begins this epoch: one at a time, since the next one's signers are known by it. */
  epoch: nullable(uint(Number.MAX_SAFE_INTEGER, 1)),
})
export type SyncFetch = Infer<typeof syncFetchCodec>

/** Asks for nothing: what a request names is put in its place. */
export const NO_FETCH: SyncFetch = { accounts: [], jobs: [], ids: [], resolved: [], trust: null, epoch: null }

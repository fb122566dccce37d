import { amount, digest, type Infer, list, nullable, oneOf, peerId, struct, uint } from '../encoding/codec.ts'
import type { EntryId, JobId } from '../ids.ts'
import { LIMITS, PPM } from '../params.ts'
import { BLAME_MAX, blameCodec } from './blame-record.ts'
import { resultCodec } from './value.ts'
import { offerCodec, specCodec } from './spec.ts'

/**
 * Where a job stands, as this peer knows it: `pending` until `open` is certified, `bidding` until it is
 * assigned, `running` until every slot committed, `verifying` until the close is decided. `completed` has a
 * merged answer; `unresolved` was closed without one; `void` was refunded in full.
 */
export const JOB_STATUSES = [
  'pending',
  'bidding',
  'running',
  'verifying',
  'completed',
  'unresolved',
  'void',
] as const
export type JobStatus = (typeof JOB_STATUSES)[number]

export const TIMELINE_PHASES = [
  'offered',
  'bid',
  'opened',
  'assigned',
  'started',
  'taken-over',
  'cancelled',
  'committed',
  'sealed',
  'revealed',
  'judged',
  'closed',
] as const

/** Most timeline entries of one job: every slot's four steps, all bids and the job's own. */
export const TIMELINE_MAX = 256

/** One thing that happened, when this peer learnt of it, and the signed thing that shows it. */
export const timelineCodec = struct({
  phase: oneOf(...TIMELINE_PHASES),
  atMs: uint(),
  peer: nullable(peerId),
  slot: nullable(uint(LIMITS.slots)),
  evidence: nullable(digest()),
})
export type TimelineEvent = Infer<typeof timelineCodec>

/** A slot while it is worked on: by the peer assigned to it (rank 0), or by the standby of this rank that took it over. */
export const slotStateCodec = struct({
  slot: uint(LIMITS.slots),
  step: uint(LIMITS.steps),
  peer: peerId,
  rank: uint(LIMITS.standbys),
  state: oneOf('assigned', 'started', 'failed', 'committed', 'revealed'),
  tokens: uint(),
})
export type SlotState = Infer<typeof slotStateCodec>

/** Everything that this peer shows of one job; persisted with every change that matters. */
export const jobRecordCodec = struct({
  job: digest<JobId>(),
  account: peerId,
  spec: specCodec,
  status: oneOf(...JOB_STATUSES),
  /** When this peer first heard of the job: its place in lists. */
  heardMs: uint(),
  openedMs: nullable(uint()),
  closedMs: nullable(uint()),
  /** When this peer heard that the payer wants no more of it. */
  cancelledMs: nullable(uint()),
  entry: nullable(digest<EntryId>()),
  /** Newest decided step, -1 coded as null. */
  step: nullable(uint(LIMITS.steps)),
  bids: list(struct({ peer: peerId, offer: offerCodec }), { max: LIMITS.bids }),
  /** The bidders in the snapshot that the job names; null until assigned, or while this peer lacks that one. */
  trust: nullable(
    list(struct({ peer: peerId, trust: uint(PPM), latencyMs: nullable(uint()) }), { max: LIMITS.bids }),
  ),
  slots: list(slotStateCodec, { max: LIMITS.slots }),
  standbys: list(peerId, { max: LIMITS.standbys }),
  result: nullable(resultCodec),
  /** Who is to blame for what, as the decisions so far show. */
  blame: list(blameCodec, { max: BLAME_MAX }),
  /** Paid by the payer in all (escrow less refund), and given back; null while undecided. */
  charged: nullable(amount()),
  refunded: nullable(amount()),
  timeline: list(timelineCodec, { max: TIMELINE_MAX }),
})
export type JobRecord = Infer<typeof jobRecordCodec>

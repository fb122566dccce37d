import {
  COMMIT_BALLOT,
  NEWVIEW,
  newViewRequestCodec,
  preparedCodec,
  PREPARE,
  promisedCodec,
  proposeCodec,
  refusalCodec,
} from '../agreement/messages.ts'
import { decisionCodec } from '../agreement/messages.ts'
import {
  epochCollectCodec,
  epochOrderCodec,
  epochReportCodec,
  handoverFetchCodec,
  pieceCodec,
} from '../epoch/messages.ts'
import { ACCEPT } from '../epoch/value.ts'
import {
  BEACON,
  BID,
  COMMIT,
  HEARTBEAT,
  SEAL,
  signedCancel,
  signedReveal,
  signedSeal,
  STORED,
} from '../jobs/messages.ts'
import { blobRef } from '../jobs/spec.ts'
import { ENTRY, VOTE } from '../ledger/entry.ts'
import {
  ANNOUNCE,
  certifyCodec,
  certifyReplyCodec,
  factsCodec,
  headQueryCodec,
  headReplyCodec,
} from '../ledger/messages.ts'
import { FORK, resolveCodec } from '../ledger/resolution.ts'
import { LIMITS } from '../params.ts'
import { LATENCY } from '../trust/latency.ts'
import {
  syncBucketsCodec,
  syncBusyCodec,
  syncFetchCodec,
  syncLeavesCodec,
  syncLeavesRequestCodec,
  syncRootCodec,
} from '../sync/messages.ts'
import { closingReplyCodec, closingRequestCodec } from '../sync/closing/closing-part.ts'
import type { JobId } from '../ids.ts'
import { type Codec, digest, type Infer, list, oneOf, struct, uint } from './codec.ts'

/** Long-lived stream protocols, or a gossip topic, on which a kind may arrive. */
export type Channel = 'certify' | 'agree' | 'job' | 'sync'
export type Topic = (typeof TOPICS)[number]
const TOPICS = ['heartbeat', 'jobs', 'ledger'] as const

/** Whether frames come by gossip, where whoever brings one mostly passes on what others said. */
export function isTopic(via: Channel | Topic): via is Topic {
  return (TOPICS as readonly string[]).includes(via)
}

interface Kind<T, S extends boolean> {
  readonly body: Codec<T>
  readonly via: Channel | Topic
  /** Signed kinds speak for their signer wherever they come from; others only for the connection's far end. */
  readonly signed: S
  /** Largest frame in bytes; a larger one is dropped before it is decoded. */
  readonly bytesMax: number
}

function kind<T, const S extends boolean>(
  via: Channel | Topic,
  signed: S,
  bytesMax: number,
  body: Codec<T>,
): Kind<T, S> {
  return { body, via, signed, bytesMax }
}

const job = digest<JobId>()
const step = uint(LIMITS.steps)
const slot = uint(LIMITS.slots - 1)
const KIB = 1_024

/** Every message there is, with its way, its size and whether it is signed. A new kind is one row here. */
export const KINDS = {
  entry: kind('jobs', true, 64 * KIB, ENTRY.body),
  heartbeat: kind('heartbeat', true, 48 * KIB, HEARTBEAT.body),
  announce: kind('ledger', true, 32 * KIB, ANNOUNCE.body),
  fork: kind('ledger', true, LIMITS.gossipBytes, FORK.body),

  certify: kind('certify', false, LIMITS.frameBytes, certifyCodec),
  vote: kind('certify', true, KIB, VOTE.body),
  'certify-reply': kind('certify', false, 128 * KIB, certifyReplyCodec),
  'head-query': kind('certify', false, KIB, headQueryCodec),
  'head-reply': kind('certify', false, 64 * KIB, headReplyCodec),
  resolve: kind('certify', false, 256 * KIB, resolveCodec),
  facts: kind('sync', false, LIMITS.frameBytes, factsCodec),

  propose: kind('agree', false, LIMITS.frameBytes, proposeCodec),
  prepare: kind('agree', true, KIB, PREPARE.body),
  prepared: kind('agree', false, 16 * KIB, preparedCodec),
  commit: kind('agree', true, KIB, COMMIT_BALLOT.body),
  'newview-request': kind('agree', false, LIMITS.frameBytes, newViewRequestCodec),
  newview: kind('agree', true, 16 * KIB, NEWVIEW.body),
  promised: kind('agree', false, LIMITS.frameBytes, promisedCodec),
  refusal: kind('agree', false, 512 * KIB, refusalCodec),
  decision: kind('agree', false, LIMITS.frameBytes, decisionCodec),

  'epoch-order': kind('agree', false, 64 * KIB, epochOrderCodec),
  'epoch-accept': kind('agree', true, KIB, ACCEPT.body),
  'epoch-collect': kind('agree', false, KIB, epochCollectCodec),
  'epoch-report': kind('agree', false, KIB, epochReportCodec),
  'handover-fetch': kind('sync', false, KIB, handoverFetchCodec),
  handover: kind('sync', false, LIMITS.frameBytes, pieceCodec),

  latency: kind('agree', true, 16 * KIB, LATENCY.body),

  bid: kind('job', true, 2 * KIB, BID.body),
  beacon: kind('job', true, KIB, BEACON.body),
  stage: kind('job', false, KIB, struct({ job, prompt: blobRef })),
  stored: kind('job', true, KIB, STORED.body),
  lease: kind(
    'job',
    false,
    KIB,
    struct({
      job,
      step,
      slot,
      rank: uint(LIMITS.standbys),
      state: oneOf('started', 'progress', 'failed'),
      tokens: uint(),
    }),
  ),
  'job-commit': kind('job', true, KIB, COMMIT.body),
  /** Whoever decides has this commit in its synced record; where it may seal the attempt, the commit will be in its seal. */
  held: kind('job', false, KIB, struct({ job, step, slot, commitment: digest() })),
  seal: kind('job', true, 64 * KIB, SEAL.body),
  reveal: kind(
    'job',
    false,
    LIMITS.frameBytes,
    struct({ reveal: signedReveal, seals: list(signedSeal, { max: LIMITS.witnesses }) }),
  ),
  cancel: kind('job', false, KIB, struct({ cancel: signedCancel })),

  'sync-root': kind('sync', false, KIB, syncRootCodec),
  'sync-buckets': kind('sync', false, 16 * KIB, syncBucketsCodec),
  'sync-leaves-request': kind('sync', false, 4 * KIB, syncLeavesRequestCodec),
  'sync-leaves': kind('sync', false, 512 * KIB, syncLeavesCodec),
  'sync-fetch': kind('sync', false, 32 * KIB, syncFetchCodec),
  'closing-request': kind('sync', false, KIB, closingRequestCodec),
  'closing-reply': kind('sync', false, LIMITS.closingBytes + KIB, closingReplyCodec),
  'sync-busy': kind('sync', false, KIB, syncBusyCodec),
} as const

export type KindName = keyof typeof KINDS
export type BodyOf<K extends KindName> = Infer<(typeof KINDS)[K]['body']>

export function isKind(name: string): name is KindName {
  return Object.hasOwn(KINDS, name)
}

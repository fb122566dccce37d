import { decodeRecord, encodeBody } from '../encoding/body.ts'
import { flag, type Infer, oneOf, struct } from '../encoding/codec.ts'
import { type BlobRef, type Digest, isDigest, type JobId } from '../ids.ts'
import { RETENTION } from '../params.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { BodyRole } from './access.ts'

/**
 * Says that this peer holds a body for a job: it put it there itself, or got it from somebody who does. It is written
 * after the body is in the blob store and removed before the body is, so a crash leaves the body or nothing that
 * names it; only a copy that was never synced may be gone, and is then asked for again. `own`: this peer's account
 * pays for the job, so the body is its owner's to keep.
 *
 * Why for a job and not by digest alone: digests are in specs and results, which all members read. Whoever opens a job
 * that names another one's prompt, or reveals another one's answer, would have it from any peer that works on both.
 */
export const holdingCodec = struct({
  what: oneOf('prompt', 'answer'),
  own: flag,
})
export type Holding = Infer<typeof holdingCodec>

interface HeldFor {
  readonly job: JobId
  readonly what: BodyRole
  readonly own: boolean
}

export function writeHolding(out: Outbox, { digest }: BlobRef, { job, what, own }: HeldFor): void {
  out.write(keys.body(digest, job), encodeBody(holdingCodec, { what, own }))
}

/** A body's digest, the job it is held for, and what it is to it; undefined for a key of another shape. */
export function readHolding({
  key,
  value,
}: StoredRecord): (Holding & { readonly digest: Digest; readonly job: JobId }) | undefined {
  const [digest, job] = key.slice(PREFIXES.body.length).split('/')
  if (digest === undefined || job === undefined || !isDigest(digest) || !isDigest(job)) return undefined
  return { ...decodeRecord(holdingCodec, value, key), digest, job }
}

/** What is known here of the job that a body is held for. */
export type JobState = 'open' | 'unknown' | { readonly closedMs: number }

/**
 * Until when a body is held for one job, on this peer's clock; undefined for as long as its owner likes. A job that
 * this store knows nothing of was dropped before it cost anything, or is fetched anew by a peer that has gone astray:
 * what is the owner's stays, and the rest for as long as after a close, from when the body was put last.
 */
export function heldUntil({ own }: Holding, job: JobState, usedMs: number): number | undefined {
  if (job === 'open' || own) return undefined
  return (job === 'unknown' ? usedMs : job.closedMs) + RETENTION.bodiesMs
}

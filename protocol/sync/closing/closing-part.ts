import { decodeBody, decodeRecord, encodeBody } from '../../encoding/body.ts'
import {
  bytes,
  type Codec,
  digest,
  flag,
  type Infer,
  list,
  nullable,
  struct,
  uint,
  variants,
} from '../../encoding/codec.ts'
import { LIMITS } from '../../params.ts'
import { rootOfBuckets, bucketOf, bucketDigestOf } from '../state-digest.ts'
import type { Digest } from '../../ids.ts'
import { type LeafContent, leafContentCodec, leafOf } from './leaf-content.ts'

/**
 * One piece of the state in which an epoch was closed: the digests of all buckets, or a page of what one bucket holds.
 * With 100,000 accounts a bucket has 400 leaves and 40 KiB, which is one page.
 */
const partCodec = variants({
  buckets: struct({ buckets: list(nullable(digest()), { min: LIMITS.buckets, max: LIMITS.buckets }) }),
  leaves: struct({ leaves: list(leafContentCodec, { max: LIMITS.closingLeaves }), isLast: flag }),
})
export type ClosingPart = Infer<typeof partCodec>

/** Asks for the state that epoch `number` was closed with: its buckets' digests (null), or a page of one's leaves. */
export const closingRequestCodec = struct({
  number: uint(),
  bucket: nullable(uint(LIMITS.buckets - 1)),
  page: uint(LIMITS.closingPages - 1),
})

/** Whatever the store has is sent as it lies there; it is read by whoever gets it. */
const replyShape = struct({
  number: uint(),
  bucket: nullable(uint(LIMITS.buckets - 1)),
  page: uint(LIMITS.closingPages - 1),
  body: bytes({ max: LIMITS.closingBytes }),
})
export type ClosingReply = Infer<typeof replyShape> & {
  /** What `body` holds; missing only in what is about to be sent. */
  readonly part?: ClosingPart
}

export const closingReplyCodec: Codec<ClosingReply> = {
  toWire: (reply) => replyShape.toWire(reply),
  fromWire(raw, path, sink) {
    const reply = replyShape.fromWire(raw, path, sink)
    return { ...reply, part: decodeBody(partCodec, reply.body, `${path}.body`, sink) }
  },
}

/** A page of a closed state as it is kept: the next epoch's has the same keys, and may have fewer pages. */
const keptCodec = struct({ number: uint(), body: bytes({ max: LIMITS.closingBytes }) })

/** A page as the store keeps it for the epoch that it closed. */
export function encodeKept(number: number, body: Uint8Array): Uint8Array {
  return encodeBody(keptCodec, { number, body })
}

/** What is kept of the state that closed epoch `number`; undefined where it is an earlier epoch's. */
export function keptOf(number: number, kept: Uint8Array): Uint8Array | undefined {
  const page = decodeRecord(keptCodec, kept, 'state-part')
  return page.number === number ? page.body : undefined
}

/** The bucket digests as they are kept for whoever asks. */
export function encodeBuckets(buckets: readonly (Digest | null)[]): Uint8Array {
  return encodeBody(partCodec, { type: 'buckets', buckets })
}

/** A bucket's leaves as they are kept, page by page; beyond the last that may be asked for nobody can come to them. */
export function encodeLeaves(leaves: readonly LeafContent[]): readonly Uint8Array[] {
  const count = Math.max(1, Math.ceil(leaves.length / LIMITS.closingLeaves))
  return Array.from({ length: count }, (_, page) =>
    encodeBody(partCodec, {
      type: 'leaves',
      leaves: leaves.slice(page * LIMITS.closingLeaves, (page + 1) * LIMITS.closingLeaves),
      isLast: page === count - 1,
    }),
  )
}

/** Whether these are the buckets of a state with this root. */
export function areBucketsOf(buckets: readonly (Digest | null)[], root: Digest): boolean {
  return rootOfBuckets(buckets) === root
}

/** Whether these leaves are all that a bucket with this digest holds. */
export function areLeavesOf(
  leaves: readonly LeafContent[],
  bucket: number,
  digestOf: Digest | null,
): boolean {
  const hashed = leaves.map(leafOf)
  if (hashed.some(({ key }) => bucketOf(key) !== bucket)) return false
  return bucketDigestOf(bucket, hashed) === digestOf
}

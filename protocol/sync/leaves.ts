import { hash } from '../crypto/digest.ts'
import { encodeBody } from '../encoding/body.ts'
import { digest, type Infer, nullable, struct, uint } from '../encoding/codec.ts'
import type { AccountId, Digest, JobId } from '../ids.ts'

/** How far this peer has come along each chain; what sync compares with others. */
export interface Heads {
  /** Number of certified entries of an account: the `seq` of its next one. */
  nextSeq(account: AccountId): number
  /** Newest decided step of a job; undefined before the first. */
  jobStep(job: JobId): number | undefined
  /** A fork settled by the instance of this place; undefined where none is known. */
  resolved(account: AccountId, instanceSeq: number): { readonly surfaced: Digest | null } | undefined
  /** Store keys of what stands at a place of a chain: its certificate, and the resolution of a fork there. */
  placeKeys(account: AccountId, seq: number): readonly string[]
}

/** Key of the leaf that holds the epoch's number; neither an account nor a job has such a name. */
export const EPOCH_KEY = 'epoch'

const accountLeafCodec = struct({ seq: uint(), head: digest() })
const resolutionLeafCodec = struct({ value: digest(), surfaced: nullable(digest()) })
const jobLeafCodec = struct({ step: uint(), value: digest() })
const epochLeafCodec = struct({ epoch: uint() })

/**
 * Leaf of an account with at least one certified entry, under its id. The head names the whole chain behind
 * it, hence everything that was claimed.
 */
export function accountLeaf(account: Infer<typeof accountLeafCodec>): Digest {
  const { seq, head } = account
  return hash('account-leaf', encodeBody(accountLeafCodec, { seq, head }))
}

/** Leaf of a job with at least one decision, under its id: newest step and the digest of its value. */
export function jobLeaf(step: number, value: Digest): Digest {
  return hash('job-leaf', encodeBody(jobLeafCodec, { step, value }))
}

/** Leaf of a settled fork: the decided value, and the branch whose certificate is known. */
export function resolutionLeaf(value: Digest, surfaced: Digest | null): Digest {
  return hash('resolution-leaf', encodeBody(resolutionLeafCodec, { value, surfaced }))
}

export function epochLeaf(epoch: number): Digest {
  return hash('epoch-leaf', encodeBody(epochLeafCodec, { epoch }))
}

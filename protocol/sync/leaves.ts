import { hash } from '../crypto/digest.ts'
import { encodeBody } from '../encoding/body.ts'
import { digest, type Infer, nullable, struct, uint } from '../encoding/codec.ts'
import type { AccountId, Digest, JobId } from '../ids.ts'
import { PREFIXES } from '../records/keys.ts'

/** How far this peer has come along each chain; what sync compares with others. */
export interface Heads {
  /** Number of certified entries of an account: the `seq` of its next one. */
  nextSeq(account: AccountId): number
  /** Newest decided step of a job; undefined before the first. */
  jobStep(job: JobId): number | undefined
  /** An account's resolution by its number, and the place that it settled; undefined where none is known. */
  resolved(
    account: AccountId,
    number: number,
  ): { readonly seq: number; readonly surfaced: Digest | null } | undefined
  /** Number of the newest trust snapshot; 0 is the founding one. */
  trust(): number
  /** Store keys of what stands at a place of a chain: its certificate, and the resolution of a fork there. */
  placeKeys(account: AccountId, seq: number): readonly string[]
}

/** Key of the leaf that holds the epoch's number; neither an account nor a job has such a name. */
export const EPOCH_KEY = 'epoch'

/** Key of the leaf that holds the newest trust snapshot; it is missing while that is the founding one. */
export const TRUST_KEY = 'trust'

const accountLeafCodec = struct({ seq: uint(), head: digest() })
const resolutionLeafCodec = struct({ value: digest(), surfaced: nullable(digest()) })
const jobLeafCodec = struct({ step: uint(), value: digest() })
const epochLeafCodec = struct({ epoch: uint() })
const trustLeafCodec = struct({ number: uint(), chain: digest() })

/**
 * Leaf of an account with at least one certified entry, under its id. The head names the whole chain behind
 * it, hence everything that was claimed.
 */
export function accountLeaf(account: Infer<typeof accountLeafCodec>): Digest {
  const { seq, head } = account
  return hash('account-leaf', encodeBody(accountLeafCodec, { seq, head }))
}

const chainedCodec = struct({ before: nullable(digest()), value: digest() })

/**
 * Names a decision and all that its chain has before it: what the leaf of a job, and the one of trust, holds as its
 * value. One tag serves both: a value says itself what it is about, and the leaves have tags of their own.
 */
export function chainedValue(before: Digest | null, value: Digest): Digest {
  return hash('job-chain', encodeBody(chainedCodec, { before, value }))
}

/** Leaf of a job with at least one decision, under its id: newest step and the `chainedValue` of it. */
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

/** Leaf of the newest trust snapshot, with the `chainedValue` of all that were decided: the table follows from them. */
export function trustLeaf(number: number, chain: Digest): Digest {
  return hash('trust-leaf', encodeBody(trustLeafCodec, { number, chain }))
}

/** Key of the leaf of a settled fork. */
export function leafKeyOf(account: AccountId, number: number): string {
  return `${PREFIXES.resolved}${account}/${number}`
}

/** The parts of a leaf's or a record's key; undefined for the key of anything else. */
export function parseResolvedLeaf(key: string): { account: AccountId; number: number } | undefined {
  if (!key.startsWith(PREFIXES.resolved)) return undefined
  const [account = '', number = ''] = key.slice(PREFIXES.resolved.length).split('/')
  return { account: account as AccountId, number: Number(number) }
}

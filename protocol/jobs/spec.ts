import {
  amount,
  digest,
  flag,
  type Infer,
  list,
  nullable,
  oneOf,
  peerId,
  struct,
  text,
  uint,
} from '../encoding/codec.ts'
import type { JobId } from '../ids.ts'
import { LIMITS, PPM, SPEC_BOUNDS } from '../params.ts'

export const blobRef = struct({ digest: digest(), size: uint(LIMITS.promptBytes) })

function duration(bounds: { readonly min: number; readonly max: number }) {
  return uint(bounds.max, bounds.min)
}

const TERMS = {
  attempts: uint(LIMITS.attempts, 1),
  assignMs: duration(SPEC_BOUNDS.assignMs),
  commitMs: duration(SPEC_BOUNDS.commitMs),
  revealMs: duration(SPEC_BOUNDS.revealMs),
  voidMs: duration(SPEC_BOUNDS.voidMs),
  leaseMs: duration(SPEC_BOUNDS.leaseMs),
  graceMs: duration(SPEC_BOUNDS.graceMs),
}

/** How long a job's phases last, and how often it is tried. */
export const termsCodec = struct(TERMS)
export type JobTerms = Infer<typeof termsCodec>

/** Sampling parameters handed to the model. Temperature is in thousandths: money depends on no float. */
export const samplingCodec = struct({
  temperatureMilli: uint(2_000),
  seed: uint(0xffff_ffff),
  maxTokens: uint(65_536, 1),
})
export type Sampling = Infer<typeof samplingCodec>

/**
 * What a payer signs when a job is opened (6.2). Everything a decision about the job depends on is in here
 * or named by digest, so any peer can recompute it. `model` null means: the model most offered. `coin` is
 * the hash of a secret that adaptive replication will need; `trust` names the snapshot elections read.
 */
export const specCodec = struct({
  nonce: uint(),
  steward: peerId,
  prompt: blobRef,
  model: nullable(text({ min: 1, max: LIMITS.modelNameBytes })),
  sampling: samplingCodec,
  comparator: oneOf('auto', 'exact', 'text'),
  rules: digest(),
  replicas: uint(LIMITS.replicas, 1),
  standbys: uint(LIMITS.standbys),
  ...TERMS,
  maxSlots: uint(LIMITS.slots, 1),
  maxPrice: amount(),
  minConfidence: uint(PPM),
  fee: amount(),
  treasury: peerId,
  trust: uint(),
  coin: digest(),
  diversity: oneOf('operator', 'peer'),
  visibility: oneOf('private', 'public'),
  region: nullable(text({ min: 1, max: LIMITS.regionBytes })),
  mode: oneOf('process', 'container'),
  /** The earlier job that its payer has tried again with this one. For people: no rule reads it. */
  retryOf: nullable(digest<JobId>()),
})
export type JobSpec = Infer<typeof specCodec>

export type SpecFault = 'slots_out_of_range' | 'void_too_early' | 'lease_too_long' | 'escrow_mismatch'

/**
 * Escrow that an `open` must set aside: the most that can be paid out. The fee is part of it, since a job
 * whose every slot is paid at the highest price owes the fee as well.
 */
export function escrowOf(spec: JobSpec): bigint {
  return BigInt(spec.maxSlots) * spec.maxPrice + spec.fee
}

/** Checks what the field bounds can't express; the first fault, or undefined. */
export function specFault(spec: JobSpec, escrow: bigint): SpecFault | undefined {
  if (spec.maxSlots < spec.replicas) return 'slots_out_of_range'
  // Void must come after every attempt's commits and reveals could have ended (6.2).
  if (spec.voidMs < spec.assignMs + spec.attempts * 2 * (spec.commitMs + spec.revealMs))
    return 'void_too_early'
  // A takeover by the last standby must leave it time to commit.
  if (spec.leaseMs + spec.standbys * spec.graceMs > spec.commitMs) return 'lease_too_long'
  if (escrow !== escrowOf(spec)) return 'escrow_mismatch'
  return undefined
}

/** What one node offers for one job; the bid list is all that an election decides on. */
export const offerCodec = struct({
  price: amount(),
  etaMs: uint(3_600_000),
  model: text({ min: 1, max: LIMITS.modelNameBytes }),
  modelDigest: digest(),
  cached: flag,
  vramFreeMb: uint(16_777_216),
  loadMilli: uint(1_000),
  region: text({ max: LIMITS.regionBytes }),
  modes: list(oneOf('process', 'container'), { min: 1, max: 2 }),
})

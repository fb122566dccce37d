import { amount, digest, flag, type Infer, nullable, oneOf, struct, text, uint } from '../encoding/codec.ts'
import { hash } from '../crypto/digest.ts'
import { encodeBody } from '../encoding/body.ts'
import type { Digest, JobId } from '../ids.ts'
import type { JobRequest } from '../peer/command.ts'
import { LIMITS, PPM } from '../params.ts'
import { blobRef, termsCodec } from './spec.ts'

/** How often a job that found no free node goes back to its place in the queue: three elections of 10 s each. */
export const RETURNS_MAX = 3

/** What its payer chose for a job that isn't opened yet; the rest is filled in when it is. */
const choicesCodec = struct({
  prompt: blobRef,
  model: nullable(text({ min: 1, max: LIMITS.modelNameBytes })),
  replicas: uint(LIMITS.replicas, 1),
  standbys: uint(LIMITS.standbys),
  comparator: oneOf('auto', 'exact', 'text'),
  minConfidence: nullable(uint(PPM)),
  maxPrice: nullable(amount()),
  region: nullable(text({ min: 1, max: LIMITS.regionBytes })),
  mode: oneOf('process', 'container'),
  visibility: oneOf('private', 'public'),
  temperatureMilli: uint(2_000),
  seed: nullable(uint(0xffff_ffff)),
  maxTokens: uint(65_536, 1),
  retryOf: nullable(digest<JobId>()),
  terms: nullable(termsCodec),
})

/** A submission that waits at its payer's own peer until the swarm has room for it. It holds no escrow. */
export const ticketCodec = struct({
  content: digest(),
  /** Whether its asker knows its name, having given it or been answered with it. */
  isKnown: flag,
  choices: choicesCodec,
  /** What its job's coin and seed are drawn from: nobody else knows it. */
  secret: digest(),
  priority: uint(LIMITS.priority),
  label: nullable(text({ min: 1, max: LIMITS.labelBytes })),
  /** The batch that it is an item of. */
  batch: nullable(digest()),
  deadlineMs: nullable(uint()),
  /** When it was submitted: its age among those that wait, also after it came back. */
  queuedMs: uint(),
  returns: uint(RETURNS_MAX),
})
export type TicketRecord = Infer<typeof ticketCodec>

export interface Ticket extends TicketRecord {
  readonly name: Digest
}

/** Whether it waits, or was opened, once more in place of a job that found no node, and not because its owner retried that. */
export function isReturnOf({ returns, choices }: Ticket, job: JobId): boolean {
  return returns > 0 && choices.retryOf === job
}

/** A ticket whose job was opened and isn't over. */
export const placedCodec = struct({ name: digest(), ticket: ticketCodec, signedMs: uint() })

/** A submission that ended before it was opened. */
export const withdrawnCodec = struct({
  ticket: ticketCodec,
  atMs: uint(),
  /** Forgotten: it waited when the backup was made that this peer was restored from, and may have been opened since. */
  why: oneOf('cancelled', 'expired', 'forgotten'),
})
export type Withdrawn = Infer<typeof withdrawnCodec>

/** What became of a submission: the job that it was opened as, or why it never was; while it waits, neither. */
export const submissionCodec = struct({
  content: digest(),
  job: nullable(digest<JobId>()),
  withdrawn: nullable(withdrawnCodec),
})
export type Submission = Infer<typeof submissionCodec>

/** What isn't part of a job, but is looked for with it. */
export const jobMetaCodec = struct({
  name: digest(),
  label: nullable(text({ min: 1, max: LIMITS.labelBytes })),
  priority: uint(LIMITS.priority),
  batch: nullable(digest()),
  deadlineMs: nullable(uint()),
})

export type JobMeta = Infer<typeof jobMetaCodec>

/** Many submissions under one name; item n is the submission `batchItemName(name, n)`. */
export const batchCodec = struct({
  content: digest(),
  items: uint(LIMITS.batchJobs, 1),
  label: nullable(text({ min: 1, max: LIMITS.labelBytes })),
  priority: uint(LIMITS.priority),
  createdMs: uint(),
})

export type BatchRecord = Infer<typeof batchCodec>

const itemCodec = struct({ batch: digest(), at: uint(LIMITS.batchJobs) })

/** The name of one submission of a batch. */
export function batchItemName(batch: Digest, at: number): Digest {
  return hash('batch-item', encodeBody(itemCodec, { batch, at }))
}

/** What every chosen thing of a ticket is called where a job is drafted. */
export function requestOf({ choices, deadlineMs }: Ticket, now: number): JobRequest {
  const { retryOf, terms, ...rest } = choices
  return {
    ...rest,
    ...(terms === null ? {} : { terms }),
    ...(retryOf === null ? {} : { retryOf }),
    ...(deadlineMs === null ? {} : { deadlineMs: Math.max(0, deadlineMs - now) }),
  }
}

interface TicketOptions {
  readonly name: Digest
  readonly content: Digest
  readonly isKnown: boolean
  readonly secret: Digest
  readonly priority?: number | undefined
  readonly label?: string | undefined
  readonly batch?: Digest
}

export function ticketFor(request: JobRequest, now: number, options: TicketOptions): Ticket {
  const { deadlineMs, retryOf = null, terms = null, ...choices } = request
  const { priority = 0, label = null, batch = null, ...named } = options
  return {
    ...named,
    choices: { ...choices, retryOf, terms },
    priority,
    label,
    batch,
    deadlineMs: deadlineMs === undefined ? null : now + deadlineMs,
    queuedMs: now,
    returns: 0,
  }
}

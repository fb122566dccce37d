import { Type } from 'typebox'
import { LIMITS } from '../params.ts'
import { batchLineSchema, batchSchema } from './batch-schema.ts'
import { decisionSchema } from './decision-schema.ts'
import { dryRunSchema } from './dry-run-schema.ts'
import { BODY_ERRORS, CLOSED, type Endpoint, LIST_ERRORS, NOTHING } from './endpoint.ts'
import { digest, pageOf, pageQuery, peerId } from './fields.ts'
import { batchRequestSchema, jobRequestSchema, labelField } from './job-request-schema.ts'
import { jobSchema, jobStatusSchema, jobSummarySchema } from './job-schema.ts'
import { nameHeaders } from './transaction-schema.ts'

/** A thousand prompts of 16 KiB: more text belongs into several batches. */
const BATCH_BYTES_MAX = 16_777_216

const jobParams = Type.Object({ id: digest('Id of the job, or of its place in the queue') }, CLOSED)
const batchParams = Type.Object({ id: digest('Id of the batch') }, CLOSED)

const listQuery = Type.Object(
  {
    ...pageQuery,
    status: Type.Optional(jobStatusSchema),
    model: Type.Optional(Type.String({ minLength: 1, maxLength: LIMITS.modelNameBytes })),
    node: Type.Optional(peerId('Elected for it, as a replica or to step in')),
    label: Type.Optional(labelField('As given when it was submitted')),
    from: Type.Optional(Type.String({ format: 'date-time', description: 'Heard of at this time or later' })),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'Heard of at this time or earlier' })),
  },
  CLOSED,
)

/** What keeps a submission from being taken: that the swarm is busy never does. */
const TAKE_ERRORS = [
  'idempotency_key_reused',
  'insufficient_credit',
  'account_forked',
  'prompt_out_of_range',
  'replicas_out_of_range',
  'model_unknown',
  'rules_unknown',
  'price_too_low',
  'not_ready',
  'queue_full',
  'outcome_unknown',
] as const

const SUBMIT_ERRORS = [
  ...BODY_ERRORS,
  'prompt_too_large',
  'prompt_empty',
  'too_few_nodes',
  ...TAKE_ERRORS,
] as const

export const JOB_ENDPOINTS = {
  submitJob: {
    ...NOTHING,
    summary: 'Submit a prompt; it is answered in the background',
    tag: 'jobs',
    query: Type.Object(
      {
        dry_run: Type.Optional(
          Type.Boolean({ description: 'Only say what it would cost and who would be elected' }),
        ),
      },
      CLOSED,
    ),
    headers: nameHeaders,
    body: jobRequestSchema,
    status: 202,
    response: jobSchema,
    asked: dryRunSchema,
    errors: SUBMIT_ERRORS,
  },
  submitBatch: {
    ...NOTHING,
    summary: 'Submit many prompts under one configuration: all are taken, or none',
    tag: 'jobs',
    headers: nameHeaders,
    body: batchRequestSchema,
    bodyBytesMax: BATCH_BYTES_MAX,
    status: 202,
    response: batchSchema,
    errors: SUBMIT_ERRORS,
  },
  getBatch: {
    ...NOTHING,
    summary: 'The jobs of a batch and how far they are',
    tag: 'jobs',
    params: batchParams,
    response: batchSchema,
    notFound: 'batch_not_found',
  },
  getBatchResults: {
    ...NOTHING,
    summary: 'The answers of a batch in the order of its prompts, as JSON Lines',
    tag: 'jobs',
    params: batchParams,
    query: Type.Object(
      {
        from: Type.Optional(
          Type.Integer({ minimum: 0, maximum: LIMITS.batchJobs, description: 'The first index to send' }),
        ),
      },
      CLOSED,
    ),
    response: Type.Array(batchLineSchema),
    notFound: 'batch_not_found',
    errors: ['out_of_range', 'wrong_type', 'unknown_field'],
  },
  retryJob: {
    ...NOTHING,
    summary: 'Submit what an ended job asked once more, as a new job that names it',
    tag: 'jobs',
    params: jobParams,
    headers: nameHeaders,
    status: 202,
    response: jobSchema,
    notFound: 'job_not_found',
    errors: ['not_the_payer', 'job_running', 'prompt_gone', ...TAKE_ERRORS],
  },
  listJobs: {
    ...NOTHING,
    summary:
      'Jobs that this peer knows, newest first; those that wait to be opened are listed by status=queued',
    tag: 'jobs',
    query: listQuery,
    response: pageOf(jobSummarySchema),
    errors: LIST_ERRORS,
  },
  getJob: {
    ...NOTHING,
    summary: 'One job: its timeline, answers, output, confidence and receipts',
    tag: 'jobs',
    params: jobParams,
    response: jobSchema,
    notFound: 'job_not_found',
  },
  cancelJob: {
    ...NOTHING,
    summary:
      'Want no more of a job: runners stop, what was committed and agrees is paid, the rest comes back',
    tag: 'jobs',
    params: jobParams,
    status: 202,
    response: jobSchema,
    notFound: 'job_not_found',
    errors: ['not_the_payer', 'job_over', 'queue_full', 'outcome_unknown'],
  },
  getDecision: {
    ...NOTHING,
    summary: 'What was decided about a job and why, recomputed from what was signed',
    tag: 'jobs',
    params: jobParams,
    response: decisionSchema,
    notFound: 'job_not_found',
    errors: ['decision_not_found'],
  },
} as const satisfies Readonly<Record<string, Endpoint>>

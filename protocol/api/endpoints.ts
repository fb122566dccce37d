import { type TSchema, Type } from 'typebox'
import type { ErrorCode } from '../errors.ts'
import { decisionSchema } from './decision-schema.ts'
import { digest, pageOf, pageQuery, peerId } from './fields.ts'
import { jobRequestSchema } from './job-request-schema.ts'
import { jobSchema, jobStatusSchema, jobSummarySchema } from './job-schema.ts'
import {
  ACCOUNT_TYPES,
  accountSchema,
  healthSchema,
  ledgerRootSchema,
  modelSchema,
  nodeSchema,
  readySchema,
  selfSchema,
  statsSchema,
} from './network-schema.ts'
import type { RouteName } from './routes.ts'

/** What goes in and what comes out of one route; everything else about it derives from this. */
export interface Endpoint {
  readonly summary: string
  readonly tag: 'jobs' | 'network' | 'credits' | 'health'
  readonly params: TSchema | null
  readonly query: TSchema | null
  readonly body: TSchema | null
  readonly status: 200 | 202
  readonly response: TSchema
  /** What an address that names nothing answers with; null for a route without params. */
  readonly notFound: ErrorCode | null
  /** Beyond those that any route may answer with. */
  readonly errors: readonly ErrorCode[]
}

const CLOSED = { additionalProperties: false } as const
const NOTHING = { params: null, query: null, body: null, status: 200, notFound: null, errors: [] } as const

const jobParams = Type.Object({ id: digest('Id of the job') }, CLOSED)
const page = Type.Object(pageQuery, CLOSED)

export const ENDPOINTS = {
  submitJob: {
    ...NOTHING,
    summary: 'Submit a prompt; it is answered in the background',
    tag: 'jobs',
    body: jobRequestSchema,
    status: 202,
    response: jobSchema,
    errors: [
      'malformed_json',
      'body_missing',
      'insufficient_credit',
      'too_few_nodes',
      'body_too_large',
      'prompt_too_large',
      'media_type_unsupported',
      'missing_field',
      'unknown_field',
      'wrong_type',
      'out_of_range',
      'text_not_well_formed',
      'prompt_empty',
      'prompt_out_of_range',
      'replicas_out_of_range',
      'model_unknown',
      'price_too_low',
      'queue_full',
    ],
  },
  listJobs: {
    ...NOTHING,
    summary: 'Jobs that this peer knows, newest first',
    tag: 'jobs',
    query: Type.Object({ ...pageQuery, status: Type.Optional(jobStatusSchema) }, CLOSED),
    response: pageOf(jobSummarySchema),
    errors: ['out_of_range', 'unknown_field', 'wrong_type', 'cursor_invalid'],
  },
  getJob: {
    ...NOTHING,
    summary: 'One job: its timeline, answers, output, confidence and receipts',
    tag: 'jobs',
    params: jobParams,
    response: jobSchema,
    notFound: 'job_not_found',
  },
  getStats: {
    ...NOTHING,
    summary: 'Counts, ledger root and supply',
    tag: 'network',
    response: statsSchema,
  },
  listNodes: {
    ...NOTHING,
    summary: 'Members of the swarm and what they offer',
    tag: 'network',
    query: page,
    response: pageOf(nodeSchema),
    errors: ['out_of_range', 'unknown_field', 'wrong_type', 'cursor_invalid'],
  },
  listModels: {
    ...NOTHING,
    summary: 'Models that the swarm offers now, the most offered first',
    tag: 'network',
    query: page,
    response: pageOf(modelSchema),
    errors: ['out_of_range', 'unknown_field', 'wrong_type', 'cursor_invalid'],
  },
  getAccount: {
    ...NOTHING,
    summary: 'What an account holds',
    tag: 'credits',
    params: Type.Object({ account_type: Type.Enum(ACCOUNT_TYPES), account_id: peerId() }, CLOSED),
    response: accountSchema,
    notFound: 'account_not_found',
  },
  getDecision: {
    ...NOTHING,
    summary: "Why a job's nodes were elected, recomputed from the signed bids",
    tag: 'jobs',
    params: jobParams,
    response: decisionSchema,
    notFound: 'job_not_found',
    errors: ['decision_not_found'],
  },
  getLedgerRoot: {
    ...NOTHING,
    summary: "This peer's ledger root beside those that others reported",
    tag: 'network',
    response: ledgerRootSchema,
  },
  getSelf: {
    ...NOTHING,
    summary: 'This peer: identity, addresses, connections',
    tag: 'network',
    response: selfSchema,
  },
  getHealth: { ...NOTHING, summary: 'The process lives', tag: 'health', response: healthSchema },
  getReadiness: {
    ...NOTHING,
    summary: 'The peer reaches enough witnesses to certify',
    tag: 'health',
    response: readySchema,
    errors: ['not_ready'],
  },
} as const satisfies Readonly<Record<RouteName, Endpoint>>

export type Endpoints = typeof ENDPOINTS

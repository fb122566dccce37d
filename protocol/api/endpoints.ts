import { Type } from 'typebox'
import { CONTROL_ENDPOINTS } from './control-endpoints.ts'
import { CREDITS_ENDPOINTS } from './credits-endpoints.ts'
import { decisionSchema } from './decision-schema.ts'
import { BODY_ERRORS, CLOSED, type Endpoint, LIST_ERRORS, NOTHING, page } from './endpoint.ts'
import { digest, pageOf, pageQuery } from './fields.ts'
import { jobRequestSchema } from './job-request-schema.ts'
import { jobSchema, jobStatusSchema, jobSummarySchema } from './job-schema.ts'
import {
  healthSchema,
  ledgerRootSchema,
  modelSchema,
  nodeSchema,
  readySchema,
  selfSchema,
  statsSchema,
} from './network-schema.ts'
import { P2P_ENDPOINTS } from './p2p-endpoints.ts'
import type { RouteName } from './routes.ts'
import { EPOCH_ENDPOINTS } from './epoch-endpoints.ts'
import { SWARM_ENDPOINTS } from './swarm-endpoints.ts'

const jobParams = Type.Object({ id: digest('Id of the job') }, CLOSED)

export const ENDPOINTS = {
  ...CREDITS_ENDPOINTS,
  ...P2P_ENDPOINTS,
  ...SWARM_ENDPOINTS,
  ...EPOCH_ENDPOINTS,
  ...CONTROL_ENDPOINTS,
  submitJob: {
    ...NOTHING,
    summary: 'Submit a prompt; it is answered in the background',
    tag: 'jobs',
    body: jobRequestSchema,
    status: 202,
    response: jobSchema,
    errors: [
      ...BODY_ERRORS,
      'insufficient_credit',
      'account_forked',
      'too_few_nodes',
      'prompt_too_large',
      'prompt_empty',
      'prompt_out_of_range',
      'replicas_out_of_range',
      'model_unknown',
      'price_too_low',
      'not_ready',
      'queue_full',
      'outcome_unknown',
    ],
  },
  listJobs: {
    ...NOTHING,
    summary: 'Jobs that this peer knows, newest first',
    tag: 'jobs',
    query: Type.Object({ ...pageQuery, status: Type.Optional(jobStatusSchema) }, CLOSED),
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
    errors: LIST_ERRORS,
  },
  listModels: {
    ...NOTHING,
    summary: 'Models that the swarm offers now, the most offered first',
    tag: 'network',
    query: page,
    response: pageOf(modelSchema),
    errors: LIST_ERRORS,
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

import { CONTROL_ENDPOINTS } from './control-endpoints.ts'
import { CREDITS_ENDPOINTS } from './credits-endpoints.ts'
import { type Endpoint, LIST_ERRORS, NOTHING, page } from './endpoint.ts'
import { pageOf } from './fields.ts'
import { JOB_ENDPOINTS } from './job-endpoints.ts'
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

export const ENDPOINTS = {
  ...CREDITS_ENDPOINTS,
  ...P2P_ENDPOINTS,
  ...SWARM_ENDPOINTS,
  ...EPOCH_ENDPOINTS,
  ...CONTROL_ENDPOINTS,
  ...JOB_ENDPOINTS,
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

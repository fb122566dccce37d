import type { CallOutput } from '../../protocol/api/client.ts'
import { isPeerId } from '../../protocol/ids.ts'
import type { Backend } from './backend.ts'
import { batchHandlers } from './batch-handlers.ts'
import { jobHandlers } from './job-handlers.ts'
import { controlHandlers } from './control-handlers.ts'
import type { Served } from './control-resource.ts'
import { creditsHandlers } from './credits-handlers.ts'
import {
  accountResource,
  ledgerRootResource,
  selfResource,
  statsResource,
  witnessReach,
} from './network-resource.ts'
import { modelResources, nodeResources } from './node-resource.ts'
import { p2pHandlers } from './p2p-handlers.ts'
import { pageOfList } from './paging.ts'
import { ApiProblem } from './problem.ts'
import type { Handlers, RouteInput } from './route-handlers.ts'
import { epochHandlers } from './epoch-handlers.ts'
import { swarmHandlers } from './swarm-handlers.ts'
import type { Throughput } from './throughput.ts'

function getAccount(backend: Backend, params: RouteInput<'getAccount'>['params']): CallOutput<'getAccount'> {
  const { account_type: type, account_id: id } = params
  const account = isPeerId(id) ? accountResource(backend, type, id) : undefined
  if (account === undefined) throw new ApiProblem('account_not_found')
  return account
}

function getReadiness(backend: Backend): CallOutput<'getReadiness'> {
  const { reached, needed } = witnessReach(backend)
  if (reached < needed) {
    throw new ApiProblem('not_ready', `${reached} witnesses are reached, ${needed} are needed to certify`)
  }
  return { status: 'ready', witnesses_reached: reached, witnesses_needed: needed }
}

interface HandlersOptions {
  readonly backend: Backend
  readonly throughput: Throughput
  readonly served: Served
  /** Aborted when the server stops: nobody's request is held open any longer. */
  readonly stopping: AbortSignal
}

export function createHandlers({ backend, throughput, served, stopping }: HandlersOptions): Handlers {
  const { version } = served
  return {
    getStats: () => statsResource(backend, throughput.perMinute()),
    listNodes: ({ query }) => pageOfList(nodeResources(backend), (node) => node.node_id, query),
    listModels: ({ query }) => pageOfList(modelResources(backend), (model) => model.name, query),
    getAccount: ({ params }) => getAccount(backend, params),
    ...jobHandlers(backend, stopping),
    ...batchHandlers(backend, stopping),
    ...creditsHandlers(backend, stopping),
    ...p2pHandlers(backend),
    ...swarmHandlers(backend, served.url),
    ...epochHandlers(backend),
    ...controlHandlers(backend, served),
    getLedgerRoot: () => ledgerRootResource(backend),
    getSelf: () => selfResource(backend, version),
    getHealth: () => ({ status: 'ok', version }),
    getReadiness: () => getReadiness(backend),
  }
}

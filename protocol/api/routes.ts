export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  /** Answered with JSON Lines: one object a line, sent as they are read. */
  readonly lines?: true
}

/**
 * Names, methods and paths of all routes. It is apart from the schemas so that a page can call the API
 * without loading them; `endpoints.ts` and `rights.ts` must have a row for each name here.
 */
export const ROUTES = {
  submitJob: { method: 'POST', path: '/api/v1/jobs' },
  listJobs: { method: 'GET', path: '/api/v1/jobs' },
  getJob: { method: 'GET', path: '/api/v1/jobs/{id}' },
  retryJob: { method: 'POST', path: '/api/v1/jobs/{id}/retry' },
  submitBatch: { method: 'POST', path: '/api/v1/jobs/batch' },
  getBatch: { method: 'GET', path: '/api/v1/jobs/batch/{id}' },
  getBatchResults: { method: 'GET', path: '/api/v1/jobs/batch/{id}/results', lines: true },
  cancelJob: { method: 'POST', path: '/api/v1/jobs/{id}/cancel' },
  getStats: { method: 'GET', path: '/api/v1/network/stats' },
  listNodes: { method: 'GET', path: '/api/v1/nodes' },
  listModels: { method: 'GET', path: '/api/v1/models' },
  getAccount: { method: 'GET', path: '/api/v1/credits/accounts/{account_type}/{account_id}' },
  listTransactions: { method: 'GET', path: '/api/v1/credits/transactions/list' },
  mintCredits: { method: 'POST', path: '/api/v1/credits/mint' },
  rewardCredits: { method: 'POST', path: '/api/v1/credits/reward' },
  transferCredits: { method: 'POST', path: '/api/v1/credits/transfer' },
  spendCredits: { method: 'POST', path: '/api/v1/credits/spend' },
  resolveFork: { method: 'POST', path: '/api/v1/credits/resolve' },
  getEntry: { method: 'GET', path: '/api/v1/p2p/entries/{id}' },
  registerPeer: { method: 'POST', path: '/api/v1/p2p/peers/register' },
  heartbeatPeer: { method: 'POST', path: '/api/v1/p2p/peers/{id}/heartbeat' },
  injectGossip: { method: 'POST', path: '/api/v1/p2p/gossip' },
  getDecision: { method: 'GET', path: '/api/v1/p2p/jobs/{id}/decision' },
  getLedgerRoot: { method: 'GET', path: '/api/v1/p2p/ledger/root' },
  getSelf: { method: 'GET', path: '/api/v1/p2p/self' },
  getSwarm: { method: 'GET', path: '/api/v1/control/swarm' },
  listMembers: { method: 'GET', path: '/api/v1/control/swarm/members' },
  createInvitation: { method: 'POST', path: '/api/v1/control/swarm/invitations' },
  cosign: { method: 'POST', path: '/api/v1/control/swarm/cosign' },
  revokeKey: { method: 'POST', path: '/api/v1/control/swarm/revocations' },
  getEpoch: { method: 'GET', path: '/api/v1/control/swarm/epoch' },
  orderEpoch: { method: 'POST', path: '/api/v1/control/swarm/epoch' },
  acceptEpoch: { method: 'POST', path: '/api/v1/control/swarm/epoch/accept' },
  createTicket: { method: 'POST', path: '/api/v1/control/swarm/tickets' },
  getNode: { method: 'GET', path: '/api/v1/control/node' },
  pauseNode: { method: 'POST', path: '/api/v1/control/node/pause' },
  resumeNode: { method: 'POST', path: '/api/v1/control/node/resume' },
  drainNode: { method: 'POST', path: '/api/v1/control/node/drain' },
  shutdownNode: { method: 'POST', path: '/api/v1/control/shutdown' },
  getConsent: { method: 'GET', path: '/api/v1/control/consent' },
  acceptConsent: { method: 'POST', path: '/api/v1/control/consent' },
  revokeConsent: { method: 'DELETE', path: '/api/v1/control/consent' },
  listSettings: { method: 'GET', path: '/api/v1/control/config' },
  getLogs: { method: 'GET', path: '/api/v1/control/logs' },
  startBackup: { method: 'POST', path: '/api/v1/control/backup' },
  getBackup: { method: 'GET', path: '/api/v1/control/backup' },
  cancelBackup: { method: 'DELETE', path: '/api/v1/control/backup' },
  listWallets: { method: 'GET', path: '/api/v1/control/wallets' },
  createWallet: { method: 'POST', path: '/api/v1/control/wallets' },
  getDiagnosis: { method: 'GET', path: '/api/v1/control/diagnosis' },
  getHealth: { method: 'GET', path: '/healthz' },
  getReadiness: { method: 'GET', path: '/readyz' },
} as const satisfies Readonly<Record<string, Route>>

export type RouteName = keyof typeof ROUTES

/** WebSockets: each starts with a snapshot. */
export const SOCKETS = {
  watchJob: { path: '/ws/jobs/{id}' },
  watchNetwork: { path: '/ws/network' },
} as const satisfies Readonly<Record<string, { readonly path: string }>>

export type SocketName = keyof typeof SOCKETS

/** Fills a path's `{name}` places; a value is encoded, so it never reaches beyond its place. */
export function fillPath(path: string, params: Readonly<Record<string, string>>): string {
  return path.replace(/\{([a-z_]+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
}

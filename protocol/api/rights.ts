import type { RouteName, SocketName } from './routes.ts'

/**
 * Who calls, as far as the server can tell; a caller has the rights of exactly one column. `control` comes over the
 * unix socket in the data folder, so it is the machine account that owns the peer's keys. `api_key` is whoever
 * presents this peer's `X-API-Key`, from wherever it calls.
 */
export const CALLERS = ['control', 'loopback', 'api_key', 'none'] as const
export type Caller = (typeof CALLERS)[number]

type Row = Readonly<Record<Caller, boolean>>

/**
 * Tells nothing of any prompt, and what it costs is bounded, however often it is asked (a decision is judged again once, a
 * few at a time: `node/host/rejudge`): whoever reaches the server may have it.
 */
const ANYONE: Row = { control: true, loopback: true, api_key: true, none: true }
/** Spends this peer's credit on its users' work or shows their prompts and answers. */
const OWNER: Row = { control: true, loopback: true, api_key: true, none: false }
/** Moves credits of this peer without limit: being a program of this machine is not enough. */
const KEY_HOLDER: Row = { control: true, loopback: false, api_key: true, none: false }

/** Rules this peer's process: for the account that owns the data folder, and no page or key in its place. */
const CONTROL: Row = { control: true, loopback: false, api_key: false, none: false }

/** Which caller may use which route; a route or socket without a row doesn't compile. */
export const RIGHTS = {
  submitJob: OWNER,
  listJobs: OWNER,
  getJob: OWNER,
  cancelJob: OWNER,
  retryJob: OWNER,
  submitBatch: OWNER,
  getBatch: OWNER,
  getBatchResults: OWNER,
  getStats: ANYONE,
  listNodes: ANYONE,
  listModels: ANYONE,
  getAccount: ANYONE,
  listTransactions: ANYONE,
  mintCredits: KEY_HOLDER,
  rewardCredits: KEY_HOLDER,
  transferCredits: KEY_HOLDER,
  spendCredits: KEY_HOLDER,
  resolveFork: KEY_HOLDER,
  getEntry: ANYONE,
  // What the member signed is the proof; who carries it does not matter.
  registerPeer: ANYONE,
  heartbeatPeer: ANYONE,
  injectGossip: ANYONE,
  getDecision: ANYONE,
  getLedgerRoot: ANYONE,
  getSelf: ANYONE,
  getSwarm: OWNER,
  listMembers: OWNER,
  // The operators' word, and whom this peer lets in.
  createInvitation: CONTROL,
  cosign: CONTROL,
  revokeKey: CONTROL,
  getEpoch: CONTROL,
  orderEpoch: CONTROL,
  acceptEpoch: CONTROL,
  createTicket: CONTROL,
  getHealth: ANYONE,
  getReadiness: ANYONE,
  getNode: CONTROL,
  pauseNode: CONTROL,
  resumeNode: CONTROL,
  drainNode: CONTROL,
  shutdownNode: CONTROL,
  getConsent: CONTROL,
  acceptConsent: CONTROL,
  revokeConsent: CONTROL,
  listSettings: CONTROL,
  getLogs: CONTROL,
  startBackup: CONTROL,
  getBackup: CONTROL,
  cancelBackup: CONTROL,
  listWallets: CONTROL,
  createWallet: CONTROL,
  getDiagnosis: CONTROL,
  watchJob: OWNER,
  watchNetwork: ANYONE,
} as const satisfies Readonly<Record<RouteName | SocketName, Row>>

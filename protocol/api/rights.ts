import type { RouteName, SocketName } from './routes.ts'

/** Who calls, as far as the server can tell; a caller has the rights of exactly one column. */
export const CALLERS = ['loopback', 'none'] as const
export type Caller = (typeof CALLERS)[number]

type Row = Readonly<Record<Caller, boolean>>

/** Tells nothing of any job and costs nothing: whoever reaches the server may have it. */
const ANYONE: Row = { loopback: true, none: true }
/** Spends this peer's credit or shows its users' prompts and answers. */
const OWNER: Row = { loopback: true, none: false }

/** Which caller may use which route; a route or socket without a row doesn't compile. */
export const RIGHTS = {
  submitJob: OWNER,
  listJobs: OWNER,
  getJob: OWNER,
  getStats: ANYONE,
  listNodes: ANYONE,
  listModels: ANYONE,
  getAccount: ANYONE,
  getDecision: ANYONE,
  getLedgerRoot: ANYONE,
  getSelf: ANYONE,
  getHealth: ANYONE,
  getReadiness: ANYONE,
  watchJob: OWNER,
  watchNetwork: ANYONE,
} as const satisfies Readonly<Record<RouteName | SocketName, Row>>

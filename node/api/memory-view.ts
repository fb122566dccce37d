import { dryRun } from '../../protocol/election/dry-run.ts'
import { NO_CHANGE, type PendingOrder } from '../../protocol/epoch/change-view.ts'
import type { JobId } from '../../protocol/ids.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import type { Ticket } from '../../protocol/jobs/ticket.ts'
import type { JobRequest } from '../../protocol/peer/command.ts'
import type { DryRunView, PeerView } from '../../protocol/peer/view.ts'
import type { Charter } from '../../protocol/swarm/charter.ts'
import { rosterOf } from '../../protocol/swarm/live-roster.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'
import { foundingSnapshot } from '../../protocol/trust/snapshot.ts'
import { CREDIT, digestNamed, nodesOf, payer, recordOf, START_MS } from './sample-swarm.ts'

/** What a peer of plain data knows: a payer with credits, and whatever jobs, orders and tickets it is given. */
export function viewOf(
  state: {
    readonly records: Map<JobId, JobRecord>
    readonly orders: readonly PendingOrder[]
    readonly waiting: readonly Ticket[]
  },
  charter: Charter,
): PeerView {
  const roster = rosterOf(charter)
  const open = () =>
    [...state.records.values()].filter(({ status }) => status === 'running' || status === 'pending')
  const account = {
    account: payer,
    seq: 1,
    head: digestNamed(3),
    free: 90n * CREDIT,
    claimable: 1n,
    escrowed: 0n,
    forked: false,
  }
  return {
    self: payer,
    swarm: roster.swarm,
    roster,
    duty: () => 'active',
    change: () => NO_CHANGE,
    orders: () => state.orders,
    ledgerRoot: () => digestNamed(4),
    trust: () => ({ ...foundingSnapshot(roster.charter), root: undefined, waiting: 0 }),
    supply: () => ({
      minted: 100n * CREDIT,
      free: 90n * CREDIT,
      unclaimed: CREDIT,
      escrowed: 9n * CREDIT,
      burnt: 0n,
    }),
    account: (id) => (id === payer ? account : undefined),
    accounts: () => [account],
    nodes: nodesOf,
    openJobs: open,
    job: (id) => open().find(({ job }) => job === id),
    closedLately: () => undefined,
    isWaiting: (name) => state.waiting.some((one) => one.name === name),
    waiting: (name) => {
      const ticket = state.waiting.find((one) => one.name === name)
      return ticket && { ticket, position: state.waiting.indexOf(ticket), reason: 'busy' }
    },
    allWaiting: () => state.waiting,
    submission: () => undefined,
    dryRun: (request) => dryRunOf(roster, request),
    counters: () => ({
      accepted: 12,
      dropped: { malformed: 3 },
      jobs: { completed: 1, unresolved: 0, void: 0 },
      entries: 4,
    }),
    mayRead: () => true,
    isNews: () => true,
  }
}

/** A job that has only just been asked for. */
export function openJob(request: JobRequest, job: JobId): JobRecord {
  const { prompt, replicas, model, visibility, mode, region, comparator } = request
  const record = recordOf(job, new Uint8Array())
  const spec = { ...record.spec, prompt, replicas, model, visibility, mode, region, comparator }
  return { ...record, spec, status: 'pending', openedMs: null, slots: [], timeline: [], step: null }
}

/** Everybody who offers the model would be elected. */
function dryRunOf(roster: Roster, request: JobRequest): DryRunView {
  if (request.model !== null && request.model !== 'reference')
    return { ok: false, code: 'model_unknown', detail: 'no node offers it' }
  const { spec } = openJob(request, digestNamed(1))
  const outcome = dryRun(spec, nodesOf(START_MS), foundingSnapshot(roster.charter), digestNamed(2))
  return { ok: true, outcome, waiting: 0 }
}

import type { PendingOrder } from '../epoch/change-view.ts'
import type { PeerId } from '../ids.ts'
import type { DropCode } from '../intake/drop-code.ts'
import { mayRead } from '../jobs/access.ts'
import { openBody } from '../jobs/open-body.ts'
import type { Roster } from '../swarm/roster.ts'
import { isNews } from './is-news.ts'
import type { Parts } from './parts.ts'
import type { PeerView } from './view.ts'

/** What intake did so far; codes are a closed set, so this never grows. */
export class IntakeCounters {
  readonly #dropped = new Map<DropCode, number>()
  accepted = 0

  accept(): void {
    this.accepted += 1
  }

  drop(code: DropCode): void {
    this.#dropped.set(code, (this.#dropped.get(code) ?? 0) + 1)
  }

  dropped(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#dropped)
  }
}

export function viewOf(self: PeerId, roster: Roster, parts: Parts, counters: IntakeCounters): PeerView {
  const { ledger, jobs, heartbeats, trust } = parts
  return {
    self,
    swarm: roster.swarm,
    roster,
    duty: () => (parts.duty.active ? 'active' : roster.isWitness(self) ? 'amnesiac' : 'none'),
    change: () => parts.change.view(),
    orders: () => pendingOrders(parts),
    ledgerRoot: () => parts.digest.root(),
    supply: () => ledger.supply(),
    trust: () => ({ ...trust.newest(), root: trust.root(), waiting: trust.waiting() }),
    account: (account) => ledger.account(account),
    accounts: () => ledger.accounts(),
    nodes: (now) => heartbeats.nodes(now),
    openJobs: () => [...jobs.context.book.all()].map(({ record }) => record).toReversed(),
    job: (job) => jobs.context.book.get(job)?.record,
    closedLately: (job) => jobs.context.book.closedLately(job),
    isWaiting: (name) => parts.submissions.isWaiting(name),
    waiting: (name, now) => parts.submissions.find(name, now),
    allWaiting: () => parts.submissions.waiting(),
    submission: (name) => parts.submissions.recent(name),
    dryRun: (request, entropy, now) => parts.submissions.dryRun(request, entropy, now),
    counters: () => ({
      accepted: counters.accepted,
      dropped: counters.dropped(),
      jobs: jobs.heads.ends(),
      entries: ledger.entries(),
    }),
    isNews: (message) => isNews(parts, message),
    mayRead(peer, { digest, job, what }) {
      const open = jobs.context.book.get(job)
      return open && mayRead(openBody(roster, open, what, digest), peer, roster)
    },
  }
}

function pendingOrders({ change }: Parts): readonly PendingOrder[] {
  const { stop } = change.orders
  const others = change.orders.pending().filter(({ order }) => order !== stop?.order)
  const waiting = others.map((one) => ({ ...one, isStopped: false }))
  return stop === undefined ? waiting : [{ order: stop.order, missing: [], isStopped: true }, ...waiting]
}

import type { Digest, PeerId } from '../ids.ts'
import type { DropCode } from '../intake/drop-code.ts'
import type { Roster } from '../swarm/roster.ts'
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
  const { ledger, jobs, heartbeats } = parts
  return {
    self,
    swarm: roster.swarm,
    roster,
    ledgerRoot: () => parts.root(),
    supply: () => ledger.supply(),
    account: (account) => ledger.account(account),
    accounts: () => ledger.accounts(),
    nodes: (now) => heartbeats.nodes(now),
    openJobs: () => [...jobs.context.book.all()].map(({ record }) => record).toReversed(),
    job: (job) => jobs.context.book.get(job)?.record,
    counters: () => ({
      accepted: counters.accepted,
      dropped: counters.dropped(),
      jobs: jobs.heads.ends(),
      entries: ledger.entries(),
    }),
    mayFetch: (peer, digest) => mayFetch(parts, roster, peer, digest),
  }
}

/** Who may be given a body (6.4): prompts go to the elected and those about to be, answers to those who judge and to the payer. */
function mayFetch({ jobs }: Parts, roster: Roster, peer: PeerId, digest: Digest): boolean {
  for (const open of jobs.context.book.all()) {
    const { spec, account, slots, standbys } = open.record
    if (spec.prompt.digest === digest) {
      const elected = slots.some((slot) => slot.peer === peer) || standbys.includes(peer)
      if (elected || open.staged?.peers.includes(peer) === true || peer === account || peer === spec.steward)
        return true
      if (spec.visibility === 'public') return true
    }
    if (jobs.runner.holds(open, digest) || open.attempt?.bodies.has(digest) === true) {
      if (roster.isWitness(peer) || peer === spec.steward || peer === account) return true
    }
  }
  return false
}

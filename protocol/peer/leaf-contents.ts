import { isDigest, isPeerId } from '../ids.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Ledger } from '../ledger/ledger-state.ts'
import type { Roster } from '../swarm/roster.ts'
import type { LeafContent } from '../sync/closing/leaf-content.ts'
import { EPOCH_KEY, parseResolvedLeaf, TRUST_KEY } from '../sync/leaves.ts'
import type { Trust } from '../trust/trust.ts'

interface States {
  readonly roster: Roster
  readonly ledger: Ledger
  readonly jobs: Jobs
  readonly trust: Trust
}

/** What a mind's leaf of the state digest stands for, by its key; undefined where it has none. */
export function contentAt({ roster, ledger, jobs, trust }: States, key: string): LeafContent | undefined {
  if (key === EPOCH_KEY) return { type: 'epoch', epoch: roster.epoch.number }
  if (key === TRUST_KEY) {
    const chain = trust.chain()
    return chain === undefined ? undefined : { type: 'trust', number: trust.number, chain }
  }
  if (isDigest(key)) {
    const head = jobs.heads.get(key)
    return head && { type: 'job', job: key, step: head.step, value: head.chain }
  }
  if (isPeerId(key)) {
    const head = ledger.head(key)
    return head && { type: 'account', account: key, ...head }
  }
  const fork = parseResolvedLeaf(key)
  const resolved = fork && ledger.resolved(fork.account, fork.number)
  if (fork === undefined || resolved === undefined) return undefined
  return { type: 'resolution', ...fork, value: resolved.value, surfaced: resolved.surfaced }
}

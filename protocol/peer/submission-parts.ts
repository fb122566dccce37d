import type { JobId } from '../ids.ts'
import type { JobContext } from '../jobs/context.ts'
import type { JobHeads } from '../jobs/job-heads.ts'
import type { Market } from '../jobs/offering.ts'
import type { SubmitFault } from '../ledger/ledger.ts'
import type { CommandResult } from './command.ts'
import type { NamedRequests } from './named-requests.ts'
import type { Outbox } from './outbox.ts'
import type { NodeView } from './view.ts'

export type Refusal = Extract<CommandResult, { ok: false }>

/** What submissions need of the rest of the peer. */
export interface SubmissionParts {
  readonly context: JobContext
  readonly heads: () => Pick<JobHeads, 'get'>
  readonly market: (now: number) => Market
  readonly nodes: (now: number) => readonly NodeView[]
  readonly signed: NamedRequests
  readonly setDeadline: (out: Outbox, job: JobId, atMs: number) => void
  readonly respond: (out: Outbox, command: number, result: CommandResult) => void
  /** In words. */
  readonly refusal: (code: SubmitFault) => Refusal
}

import { dryRun } from '../election/dry-run.ts'
import { hash } from '../crypto/digest.ts'
import { type Digest, digestToBytes } from '../ids.ts'
import { type Draft, draftJob, type Market } from '../jobs/offering.ts'
import { batchItemName, requestOf, type Ticket, ticketFor } from '../jobs/ticket.ts'
import type { Operation } from '../ledger/entry.ts'
import { LIMITS } from '../params.ts'
import type { Command, CommandFault, JobRequest } from './command.ts'
import type { Refusal, SubmissionParts } from './submission-parts.ts'
import type { Tickets } from './tickets.ts'
import type { DryRunView } from './view.ts'

/** What submissions would be opened as, what they need, and what keeps them from it. Nothing is written or signed here. */
export class Drafts {
  readonly #parts: Pick<SubmissionParts, 'context' | 'nodes' | 'refusal'>
  readonly #tickets: Pick<Tickets, 'queue' | 'needed' | 'leastOf'>

  constructor(
    parts: Pick<SubmissionParts, 'context' | 'nodes' | 'refusal'>,
    tickets: Pick<Tickets, 'queue' | 'needed' | 'leastOf'>,
  ) {
    this.#parts = parts
    this.#tickets = tickets
  }

  of(now: number, ticket: Ticket, market: Market): Draft {
    return draftJob(this.#parts.context, requestOf(ticket, now), market, digestToBytes(ticket.secret))
  }

  /** What keeps submissions from being taken at all. Too few nodes only makes them wait. */
  refusalOf(draft: Draft, tickets: readonly Ticket[]): Refusal | undefined {
    if (!draft.ok && draft.code !== 'too_few_nodes') return draft
    if (this.#tickets.queue.size + tickets.length > LIMITS.queuedJobs)
      return this.#parts.refusal('queue_full')
    const [only, ...others] = tickets
    const needed =
      draft.ok && draft.operation.type === 'open' && only !== undefined && others.length === 0
        ? this.#tickets.needed + draft.operation.escrow
        : tickets.reduce((sum, ticket) => sum + this.#tickets.leastOf(ticket), this.#tickets.needed)
    return needed > this.#parts.context.ledger.available()
      ? this.#parts.refusal('insufficient_credit')
      : undefined
  }

  /** The `open` of a ticket, or what keeps it from being signed now. */
  openable(now: number, ticket: Ticket, market: Market): Operation | CommandFault {
    const draft = this.of(now, ticket, market)
    if (!draft.ok) return draft.code
    const { operation } = draft
    const isPaid = operation.type === 'open' && operation.escrow <= this.#parts.context.ledger.available()
    return isPaid ? operation : 'insufficient_credit'
  }

  /** As if nobody waited. */
  dryRun(request: JobRequest, market: Market, entropy: Uint8Array, now: number): DryRunView {
    const { context } = this.#parts
    const draft = draftJob(context, request, market, entropy)
    if (!draft.ok) return draft
    if (draft.operation.type !== 'open') throw new TypeError('a job is drafted as something else')
    const seed = hash('dry-run', entropy)
    const outcome = dryRun(draft.operation.spec, this.#parts.nodes(now), context.snapshot(), seed)
    return { ok: true, outcome, waiting: 0 }
  }
}

/** All that decides whether a job can be opened now. */
export function kindOf({ choices }: Ticket): string {
  const { model, replicas, standbys, maxPrice } = choices
  return [model, replicas, standbys, maxPrice].join('/')
}

/** The tickets of a batch, in its order; all of them are drawn from one secret. */
export function ticketsOf(
  { items, priority = 0, label, named }: Extract<Command, { type: 'submit-batch' }>,
  now: number,
  secret: Digest,
): readonly Ticket[] {
  const { name, content } = named
  return items.map((item, at) => {
    const about = { name: batchItemName(name, at), content, isKnown: true, priority, label, batch: name }
    return ticketFor(item, now, { ...about, secret: batchItemName(secret, at) })
  })
}

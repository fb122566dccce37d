import type { JobRecord } from '../../protocol/jobs/record.ts'
import type { JobSpec } from '../../protocol/jobs/spec.ts'
import type { Ticket, TicketRecord } from '../../protocol/jobs/ticket.ts'
import { LIMITS, TIMES } from '../../protocol/params.ts'
import type { Backend } from './backend.ts'

/**
 * A submission in the shape of a job, as far as there is one: what isn't chosen yet is shown as it would be now. Nobody
 * signs this spec, and its job, once opened, has another id.
 */
export function ticketRecord({ view }: Backend, ticket: TicketRecord & Pick<Ticket, 'name'>): JobRecord {
  const { prompt, replicas, standbys, temperatureMilli, seed, maxTokens, terms, ...choices } = ticket.choices
  const { charter, governance } = view.roster
  const { params, treasury } = governance
  const spec: JobSpec = {
    ...choices,
    nonce: 0,
    steward: view.self,
    prompt,
    sampling: { temperatureMilli, seed: seed ?? 0, maxTokens },
    rules: charter.rules,
    replicas,
    standbys,
    attempts: LIMITS.attempts,
    maxSlots: replicas + standbys,
    maxPrice: choices.maxPrice ?? params.maxPrice,
    minConfidence: choices.minConfidence ?? params.minConfidence,
    fee: params.fee,
    treasury,
    trust: view.trust().number,
    coin: ticket.content,
    diversity: charter.diversity,
    assignMs: TIMES.assignMs,
    commitMs: TIMES.commitMs,
    revealMs: TIMES.revealMs,
    voidMs: TIMES.voidMs,
    leaseMs: TIMES.leaseMs,
    graceMs: TIMES.graceMs,
    ...terms,
  }
  return {
    job: ticket.name,
    account: view.self,
    spec,
    status: 'pending',
    heardMs: ticket.queuedMs,
    openedMs: null,
    closedMs: null,
    cancelledMs: null,
    entry: null,
    step: null,
    bids: [],
    trust: null,
    slots: [],
    standbys: [],
    result: null,
    blame: [],
    charged: null,
    refunded: null,
    timeline: [],
  }
}

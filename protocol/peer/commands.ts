import type { EntryId } from '../ids.ts'
import type { JobId } from '../ids.ts'
import type { CancelOutcome } from '../jobs/cancel.ts'
import type { JobHeads } from '../jobs/job-heads.ts'
import type { JobContext } from '../jobs/context.ts'
import { entryIdOf, type Operation, type SignedEntry } from '../ledger/entry.ts'
import type { Certificate } from '../ledger/certificate.ts'
import type { SubmitFault } from '../ledger/ledger.ts'
import type { StoredRecord } from '../records/record.ts'
import { isSignedRevocation } from '../swarm/admission.ts'
import type { SignedRevocation } from '../swarm/invitation.ts'
import type { RelayOutcome } from '../swarm/join-refusals.ts'
import type { Relays } from '../swarm/relays.ts'
import type { Command, CommandFault, CommandResult, RequestName } from './command.ts'
import type { Event } from './event.ts'
import type { Heartbeats } from './heartbeats.ts'
import { NamedRequests } from './named-requests.ts'
import type { Outbox } from './outbox.ts'
import { Submissions } from './submissions.ts'

type CommandEvent = Extract<Event, { type: 'command' }>

const DETAILS: Readonly<Record<SubmitFault, string>> = {
  insufficient_credit: 'the account has too little free credit for this',
  amount_out_of_range: 'the amount is below the smallest output or too large',
  not_a_minter: 'the charter names other minters',
  operation_invalid: 'no witness would vote for this operation',
  account_forked:
    'two entries were signed with this key for one place of its chain; `hyperlooms wallet resolve` settles that',
  not_ready: 'too few witnesses have answered since this peer started; try again shortly',
  queue_full: 'too many operations wait for this account; try again shortly',
}

const CANCEL_DETAILS: Readonly<Record<Exclude<CancelOutcome, 'cancelled'>, string>> = {
  not_the_payer: 'another account pays for this job, and only its key can cancel it',
  job_over: 'the job has ended, or this peer never heard of it',
}

/** An operation that no witness would accept was drafted wrongly here; users see it as a matter of its amount. */
function faultOf(code: SubmitFault): CommandFault {
  return code === 'operation_invalid' ? 'amount_out_of_range' : code
}

export interface CommandParts {
  readonly context: JobContext
  readonly jobs: {
    readonly heads: JobHeads
    cancel(out: Outbox, job: JobId): CancelOutcome
    setDeadline(out: Outbox, job: JobId, atMs: number): void
  }
  readonly heartbeats: () => Heartbeats
  readonly relays: Relays
  /** The way of every fact. */
  readonly take: (out: Outbox, certificate: Certificate) => unknown
}

/**
 * Requests of this peer's owner. Each is answered once: refused at once with nothing changed, or accepted when
 * its entry is signed and durable, since from then on a crash can't lose it.
 */
export class Commands {
  readonly #context: JobContext
  readonly #jobs: CommandParts['jobs']
  readonly #relays: Relays
  readonly #take: (out: Outbox, certificate: Certificate) => unknown
  /** Names of requests that wait to be signed. */
  readonly #names = new Map<number, RequestName>()
  readonly #signed = new NamedRequests((name) => this.submissions.hasWaiting(name))
  readonly submissions: Submissions

  constructor({ context, jobs, heartbeats, relays, take }: CommandParts) {
    this.#context = context
    this.#jobs = jobs
    this.#relays = relays
    this.#take = take
    this.submissions = new Submissions({
      context,
      heads: () => jobs.heads,
      market: (now) => heartbeats().market(now),
      nodes: (now) => heartbeats().nodes(now),
      signed: this.#signed,
      setDeadline: (out, job, atMs) => jobs.setDeadline(out, job, atMs),
      respond: (out, command, result) => this.#respond(out, command, result),
      refusal: (code) => ({ ok: false, code: faultOf(code), detail: DETAILS[code] }),
    })
  }

  restore(record: StoredRecord): void {
    this.#signed.restore(record)
    this.submissions.restore(record)
  }

  handle(out: Outbox, event: CommandEvent): void {
    const { command, id } = event
    if (command.type === 'resolve') return this.#resolve(out, id)
    if (command.type === 'submit-job') return this.submissions.submit(out, id, command, event.entropy)
    if (command.type === 'submit-batch') return this.submissions.submitBatch(out, id, command, event.entropy)
    if (command.type === 'cancel-job') return this.#cancel(out, id, command.job)
    if (command.type === 'relay') return this.#relays.relay(out, id, command.entry)
    if (command.type === 'take-certificate') {
      this.#take(out, command.certificate)
      return this.#respond(out, id, { ok: true, type: 'taken' })
    }
    const operation = this.#operationOf(command)
    if (!operation.ok) return this.#respond(out, event.id, operation)
    const named = nameOf(event.command)
    if (named !== undefined) this.#names.set(event.id, named)
    const submitted = this.#context.ledger.submit(out, [operation.operation], event.id)
    if (!submitted.ok) this.onRefused(out, event.id, submitted.code)
  }

  /** The entry that carries these requests is signed and persisted with this event. */
  onSigned(out: Outbox, entry: SignedEntry, requests: readonly number[]): void {
    const id = entryIdOf(entry)
    requests.forEach((request, at) => {
      const operation = entry.body.ops[at]
      if (operation === undefined) return
      if (this.submissions.onSigned(out, request, operation, entry.body.account)) return
      this.#remember(out, request, id)
      this.#respond(out, request, { ok: true, type: 'entry', entry: id, source: id })
    })
  }

  onRelayed(out: Outbox, command: number, outcome: RelayOutcome): void {
    this.#respond(out, command, { ok: true, type: 'relayed', outcome })
  }

  onRefused(out: Outbox, request: number, code: SubmitFault): void {
    if (this.submissions.onRefused(out, request, code)) return
    this.#names.delete(request)
    this.#respond(out, request, { ok: false, code: faultOf(code), detail: DETAILS[code] })
  }

  #remember(out: Outbox, request: number, entry: EntryId): void {
    const named = this.#names.get(request)
    if (named === undefined) return
    this.#names.delete(request)
    this.#signed.remember(out, named, entry)
  }

  #cancel(out: Outbox, id: number, job: JobId): void {
    if (this.submissions.withdraw(out, job)) return this.#respond(out, id, { ok: true, type: 'cancelled' })
    // It may have been opened while its owner still knew it by its name.
    const opened = this.submissions.opened(job)
    const outcome = this.#jobs.cancel(out, opened)
    if (outcome === 'cancelled') this.submissions.placed.forget(out, opened)
    if (outcome === 'cancelled') return this.#respond(out, id, { ok: true, type: 'cancelled' })
    this.#respond(out, id, { ok: false, code: outcome, detail: CANCEL_DETAILS[outcome] })
  }

  #resolve(out: Outbox, id: number): void {
    const isRequested = this.#context.ledger.resolveOwn(out)
    const detail = 'no unsettled fork of this account is known'
    this.#respond(
      out,
      id,
      isRequested ? { ok: true, type: 'requested' } : { ok: false, code: 'not_forked', detail },
    )
  }

  #operationOf(command: Command) {
    switch (command.type) {
      case 'resolve':
      case 'cancel-job':
      case 'relay':
      case 'take-certificate':
      case 'submit-job':
      case 'submit-batch':
        throw new Error(`a ${command.type} is no operation`)
      case 'revoke':
        return this.#draftRevocation(command.revocation)
      case 'mint':
      case 'transfer': {
        const { type, to, amount, memo } = command
        const operation: Operation = { type, to, amount, memo }
        return { ok: true as const, operation }
      }
    }
  }

  #draftRevocation(revocation: SignedRevocation) {
    const { roster } = this.#context
    if (isSignedRevocation(revocation, roster, roster.epoch.number))
      return { ok: true as const, operation: { type: 'revoke' as const, revocation } }
    const { keys: operators, needed } = roster.governance.operators
    const detail = `${needed} of the ${operators.length} operators must sign a revocation`
    return { ok: false as const, code: 'operators_needed' as const, detail }
  }

  #respond(out: Outbox, command: number, result: CommandResult): void {
    out.emit({ type: 'respond', command, result })
  }
}

function nameOf(command: Command): RequestName | undefined {
  return command.type === 'mint' || command.type === 'transfer' ? command.request : undefined
}

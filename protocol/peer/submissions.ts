import { hash } from '../crypto/digest.ts'
import { encodeBody } from '../encoding/body.ts'
import { type AccountId, type Digest, digestToBytes, type JobId } from '../ids.ts'
import { writeHolding } from '../jobs/holdings.ts'
import type { Market } from '../jobs/offering.ts'
import { Placed } from '../jobs/placed.ts'
import { batchCodec, jobMetaCodec, type Submission, type Ticket, ticketFor } from '../jobs/ticket.ts'
import { jobIdOf, type Operation } from '../ledger/entry.ts'
import type { SubmitFault } from '../ledger/ledger.ts'
import { keys } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { Command, CommandFault, CommandResult, JobRequest, RequestName } from './command.ts'
import { Drafts, kindOf, ticketsOf } from './drafts.ts'
import type { Outbox } from './outbox.ts'
import { type Signing, Signings } from './signings.ts'
import type { Refusal, SubmissionParts } from './submission-parts.ts'
import { Tickets } from './tickets.ts'
import type { DryRunView, WaitingView } from './view.ts'

type SubmitJob = Extract<Command, { type: 'submit-job' }>
type SubmitBatch = Extract<Command, { type: 'submit-batch' }>

const TIMER = 'queue'
/** Every event may give room; looking more often than this costs more than it brings. */
const LOOK_MS = 25
/** Without events it is looked so often. */
const QUIET_MS = 250
/** A job that isn't signed by then is answered with its ticket: an earlier entry waits for its certificate. */
const ANSWER_MS = 2_000
/** What most jobs ask for, where room is counted for whichever come next. */
const REPLICAS_USUAL = 3

const REUSED: Refusal = {
  ok: false,
  code: 'idempotency_key_reused',
  detail: 'a submission under this key waits already, and asks for something else',
}

/**
 * What this peer's owner submits: opened at once where the swarm has room, else a ticket, which waits. "Busy" is never an
 * error but for more than `LIMITS.queuedJobs`.
 *
 * **Exactly once.** A submission goes by its name. Its ticket is durable before it is answered. The `open` is signed in one
 * batch with the ticket's removal and the record that its name stands for this job: a crash before leaves the ticket, and
 * nobody has seen the entry; a crash after leaves the entry, which is driven on, and no ticket. The ledger's queue is in
 * memory and signs nothing but in such a batch. A ticket that waits holds no escrow; the least that it will need is counted,
 * so that nobody is promised what the account can't pay. A restored backup's tickets are forgotten (`records/restored`).
 */
export class Submissions {
  readonly #tickets: Tickets
  readonly #drafts: Drafts
  readonly placed: Placed
  readonly #parts: SubmissionParts
  readonly #signing = new Signings()
  /** The number of the last one from the queue: they are negative, those of commands positive. */
  #count = 0
  #lookMs = Number.NEGATIVE_INFINITY

  constructor(parts: SubmissionParts) {
    this.#parts = parts
    this.#tickets = new Tickets(parts.context.roster, parts.signed)
    this.#drafts = new Drafts(parts, this.#tickets)
    this.placed = new Placed({ book: parts.context.book, heads: parts.heads })
  }

  restore(record: StoredRecord): void {
    if (!this.#tickets.restore(record)) this.placed.restore(record)
  }

  submit(out: Outbox, id: number, command: SubmitJob, entropy: Uint8Array): void {
    const { request: job, priority, label } = command
    const secret = hash('submission', entropy)
    const { name, content } = command.named ?? { name: hash('ticket', entropy), content: secret }
    if (this.#joins(out, id, { name, content })) return
    const isKnown = command.named !== undefined
    const ticket = ticketFor(job, out.now, { name, content, isKnown, secret, priority, label })
    const market = this.#parts.market(out.now)
    const draft = this.#drafts.of(out.now, ticket, market)
    const refusal = this.#drafts.refusalOf(draft, [ticket])
    if (refusal !== undefined) return this.#parts.respond(out, id, refusal)
    if (draft.ok && this.#places(out.now, market, job.replicas) > this.#tickets.queue.size)
      return this.#sign(out, id, { ticket, operation: draft.operation, commands: [id] })
    if (!draft.ok) this.#tickets.hinder(name, draft.code)
    this.#tickets.keep(out, { ...ticket, isKnown: true })
    this.#parts.respond(out, id, { ok: true, type: 'queued', ticket: name })
  }

  /** All tickets of a batch, and what it is, in one write: a crash leaves the whole of it or nothing. */
  submitBatch(out: Outbox, id: number, command: SubmitBatch, entropy: Uint8Array): void {
    const { items, priority = 0, label, named } = command
    const { name, content } = named
    const respond = (result: CommandResult) => this.#parts.respond(out, id, result)
    if (this.find(name, out.now) !== undefined) return respond(REUSED)
    if (this.#parts.signed.has(name)) return respond({ ok: true, type: 'named' })
    const market = this.#parts.market(out.now)
    const tickets = ticketsOf(command, out.now, hash('submission', entropy))
    for (const ticket of tickets) {
      const refusal = this.#drafts.refusalOf(this.#drafts.of(out.now, ticket, market), tickets)
      if (refusal !== undefined) return respond(refusal)
    }
    for (const ticket of tickets) this.#tickets.keep(out, ticket)
    const batch = { content, items: items.length, label: label ?? null, priority, createdMs: out.now }
    out.write(keys.batch(name), encodeBody(batchCodec, batch))
    this.#tickets.remember(out, name, { content, job: null, withdrawn: null })
    respond({ ok: true, type: 'batch', batch: name })
  }

  /** An entry with the `open` of such a submission is signed, with this event; false where it is of none. */
  onSigned(out: Outbox, request: number, operation: Operation, account: AccountId): boolean {
    const signing = operation.type === 'open' ? this.#signing.take(request) : undefined
    if (signing === undefined || operation.type !== 'open') return false
    const { ticket, commands } = signing
    const { name, content, label, priority, batch, deadlineMs } = ticket
    const job = jobIdOf(account, operation.spec.nonce)
    out.write(keys.ticket(name), null)
    // Its ticket names the prompt no more, and the job's record may come with a later event.
    writeHolding(out, operation.spec.prompt, { job, what: 'prompt', own: true })
    if (ticket.isKnown) this.#tickets.remember(out, name, { content, job, withdrawn: null })
    out.write(keys.meta(job), encodeBody(jobMetaCodec, { name, label, priority, batch, deadlineMs }))
    this.placed.add(out, job, ticket)
    if (deadlineMs !== null) this.#parts.setDeadline(out, job, deadlineMs)
    for (const command of commands) this.#parts.respond(out, command, { ok: true, type: 'job', job })
    out.notify(name)
    return true
  }

  /** The ledger takes the `open` back: a submission that was answered waits again. False where it is of none. */
  onRefused(out: Outbox, request: number, code: SubmitFault): boolean {
    const refusal = this.#parts.refusal(code)
    const signing = this.#signing.take(request)
    if (signing === undefined) return false
    const { ticket, commands } = signing
    for (const command of commands) this.#parts.respond(out, command, refusal)
    if (commands.length > 0) out.write(keys.ticket(ticket.name), null)
    else {
      this.#tickets.hinder(ticket.name, refusal.code)
      this.#tickets.enqueue(ticket)
    }
    return true
  }

  /** Ends a submission that isn't a job yet; false where this is none. */
  withdraw(out: Outbox, name: Digest): boolean {
    const ticket = this.#tickets.queue.get(name)
    if (ticket !== undefined) {
      this.#tickets.end(out, ticket, 'cancelled')
      return true
    }
    const signing = this.#signing.named(name)
    if (signing === undefined) return false
    // Its job is cancelled as soon as there is one; were this peer to stop before, the ticket would have expired.
    signing.ticket = { ...signing.ticket, deadlineMs: out.now }
    this.#tickets.write(out, signing.ticket)
    return true
  }

  onTimer(id: string): boolean {
    return id === TIMER
  }

  /** After each event: opens what there is room for. */
  tend(out: Outbox): void {
    const isIdle = this.#tickets.queue.size === 0 && this.#signing.size === 0
    if ((isIdle && this.placed.size === 0) || out.now < this.#lookMs + LOOK_MS) return
    this.#lookMs = out.now
    for (const { job, ticket } of this.placed.watch(out)) this.#return(out, job, ticket)
    for (const ticket of this.#tickets.queue.all())
      if (ticket.deadlineMs !== null && ticket.deadlineMs <= out.now)
        this.#tickets.end(out, ticket, 'expired')
    for (const signing of this.#signing.all()) this.#answerLate(out, signing)
    this.#open(out)
    if (this.#tickets.queue.size > 0 || this.#signing.size > 0) out.timer(TIMER, QUIET_MS)
  }

  /** A ticket that isn't a job yet, how many go before it and why it waits. */
  find(name: Digest, now: number): WaitingView | undefined {
    const signing = this.#signing.named(name)
    if (signing !== undefined) return { ticket: signing.ticket, position: 0, reason: 'busy' as const }
    const ticket = this.#tickets.queue.get(name)
    if (ticket === undefined) return undefined
    const position = this.#tickets.queue.position(name, now) ?? 0
    return { ticket, position, reason: this.#tickets.reasonOf(name) ?? ('busy' as const) }
  }

  /** All that isn't opened yet, the newest first. */
  waiting(): readonly Ticket[] {
    const all = [...this.#tickets.queue.all(), ...this.#signing.all().map(({ ticket }) => ticket)]
    return all.sort((a, b) => b.queuedMs - a.queuedMs || (a.name < b.name ? -1 : 1))
  }

  /** What became lately of a submission. */
  recent(name: Digest): Submission | undefined {
    return this.#tickets.recent(name)
  }

  dryRun(request: JobRequest, entropy: Uint8Array, now: number): DryRunView {
    const market = this.#parts.market(now)
    const view = this.#drafts.dryRun(request, market, entropy, now)
    if (!view.ok) return view
    const isOpened = this.#places(now, market, request.replicas) > this.#tickets.queue.size
    return { ...view, waiting: isOpened ? 0 : this.#tickets.queue.size }
  }

  /** Opens in order, passing over those that can't be opened now, until no place is left. */
  #open(out: Outbox): void {
    if (this.#tickets.queue.size === 0) return
    const market = this.#parts.market(out.now)
    let places = this.#places(out.now, market, REPLICAS_USUAL)
    if (places <= 0) return
    // What keeps one from being opened keeps all that ask for the same.
    const hindered = new Map<string, CommandFault>()
    for (const ticket of this.#tickets.queue.inOrder(out.now)) {
      if (places <= 0) return
      const kind = kindOf(ticket)
      const known = hindered.get(kind)
      const drafted = known === undefined ? this.#drafts.openable(out.now, ticket, market) : known
      if (typeof drafted === 'string') {
        hindered.set(kind, drafted)
        this.#tickets.hinder(ticket.name, drafted)
        continue
      }
      this.#tickets.queue.served(ticket)
      this.#tickets.take(ticket)
      this.#count -= 1
      this.#sign(out, this.#count, { ticket, operation: drafted, commands: [] })
      places -= 1
    }
  }

  #sign(
    out: Outbox,
    request: number,
    about: { readonly ticket: Ticket; readonly operation: Operation; readonly commands: readonly number[] },
  ): void {
    const { ticket, operation, commands } = about
    this.#signing.add(request, { ticket, commands, sinceMs: out.now })
    const submitted = this.#parts.context.ledger.submit(out, [operation], request)
    if (!submitted.ok) return void this.onRefused(out, request, submitted.code)
    // Not signed with this event: it is found again after a crash.
    if (this.#signing.has(request)) this.#tickets.write(out, ticket)
  }

  /** A repetition under a known name is answered like the first: it makes nothing new. */
  #joins(out: Outbox, id: number, { name, content }: RequestName): boolean {
    const { signed, respond } = this.#parts
    const signing = this.#signing.named(name)
    const ticket = signing?.ticket ?? this.#tickets.queue.get(name)
    if (ticket === undefined) {
      if (signed.has(name)) respond(out, id, { ok: true, type: 'named' })
      return signed.has(name)
    }
    if (ticket.content !== content) respond(out, id, REUSED)
    else if (signing === undefined) respond(out, id, { ok: true, type: 'queued', ticket: name })
    else signing.commands = [...signing.commands, id]
    return true
  }

  #places(now: number, market: Market, replicas: number): number {
    const room = Math.floor(market.freeSlots() / replicas)
    return this.placed.window.size(room) - this.placed.inFlight(now) - this.#signing.size
  }

  /** Whoever waits for long is told where its job is. */
  #answerLate(out: Outbox, signing: Signing): void {
    if (signing.commands.length === 0 || out.now < signing.sinceMs + ANSWER_MS) return
    signing.ticket = { ...signing.ticket, isKnown: true }
    this.#tickets.write(out, signing.ticket)
    for (const command of signing.commands)
      this.#parts.respond(out, command, { ok: true, type: 'queued', ticket: signing.ticket.name })
    signing.commands = []
  }

  /** A job that found no node waits once more, at the place that it had; its next one names it. */
  #return(out: Outbox, job: JobId, ticket: Ticket): void {
    this.#tickets.forget(out, ticket.name)
    this.#tickets.keep(out, {
      ...ticket,
      isKnown: true,
      returns: ticket.returns + 1,
      choices: { ...ticket.choices, retryOf: job },
      secret: hash('submission', digestToBytes(ticket.secret)),
    })
    out.notify(job)
  }
}

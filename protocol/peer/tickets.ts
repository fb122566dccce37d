import { decodeRecord, encodeBody } from '../encoding/body.ts'
import type { Digest } from '../ids.ts'
import { Queue } from '../jobs/queue.ts'
import { type Submission, type Ticket, ticketCodec, type Withdrawn } from '../jobs/ticket.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { Roster } from '../swarm/roster.ts'
import type { CommandFault } from './command.ts'
import type { NamedRequests } from './named-requests.ts'
import type { Outbox } from './outbox.ts'

/** Far more than are opened while the store takes one write. */
const RECENT_MAX = 1_024

/** The records of submissions: those that wait, in memory and in the store alike, and what became of the others. */
export class Tickets {
  readonly #roster: Roster
  readonly #signed: NamedRequests
  readonly #queue = new Queue()
  /** The least that each that waits will need, and all of them. */
  readonly #costs = new Map<Digest, bigint>()
  #needed = 0n
  /** What kept tickets from being opened when they were looked at. */
  readonly #reasons = new Map<Digest, CommandFault>()
  /** The newest that became of submissions, `RECENT_MAX` of them. */
  readonly #recent = new Map<Digest, Submission>()

  constructor(roster: Roster, signed: NamedRequests) {
    this.#roster = roster
    this.#signed = signed
  }

  /** Those that may be opened. */
  get queue(): Pick<Queue, 'size' | 'get' | 'has' | 'all' | 'inOrder' | 'position' | 'served'> {
    return this.#queue
  }

  get needed(): bigint {
    return this.#needed
  }

  restore({ key, value }: StoredRecord): boolean {
    if (!key.startsWith(PREFIXES.ticket)) return false
    const name = key.slice(PREFIXES.ticket.length) as Digest
    this.enqueue({ ...decodeRecord(ticketCodec, value, key), name })
    return true
  }

  write(out: Outbox, { name, ...ticket }: Ticket): void {
    out.write(keys.ticket(name), encodeBody(ticketCodec, ticket))
  }

  /** It waits, durably. */
  keep(out: Outbox, ticket: Ticket): void {
    this.enqueue(ticket)
    this.write(out, ticket)
    out.notify(ticket.name)
  }

  enqueue(ticket: Ticket): void {
    const cost = this.leastOf(ticket)
    // It may wait already, as something else.
    this.#needed += cost - (this.#costs.get(ticket.name) ?? 0n)
    this.#queue.put(ticket)
    this.#costs.set(ticket.name, cost)
  }

  /** It waits no more; its record is left to whoever writes what it is instead. */
  take({ name }: Ticket): void {
    this.#queue.remove(name)
    this.#reasons.delete(name)
    this.#needed -= this.#costs.get(name) ?? 0n
    this.#costs.delete(name)
  }

  /** It ends without having been opened. */
  end(out: Outbox, ticket: Ticket, why: Withdrawn['why']): void {
    const { name, ...record } = ticket
    this.take(ticket)
    out.write(keys.ticket(name), null)
    const withdrawn = { ticket: record, atMs: out.now, why }
    this.remember(out, name, { content: ticket.content, job: null, withdrawn })
    out.notify(name)
  }

  remember(out: Outbox, name: Digest, submission: Submission): void {
    this.#signed.rememberJob(out, name, submission)
    this.#recent.set(name, submission)
    const oldest = this.#recent.keys().next().value
    if (this.#recent.size > RECENT_MAX && oldest !== undefined) this.#recent.delete(oldest)
  }

  /** The name stands for nothing any more: its submission waits once more. */
  forget(out: Outbox, name: Digest): void {
    this.#signed.forget(out, name)
    this.#recent.delete(name)
  }

  /** Remembered lately, perhaps not in the store yet. */
  recent(name: Digest): Submission | undefined {
    return this.#recent.get(name)
  }

  hinder(name: Digest, reason: CommandFault): void {
    this.#reasons.set(name, reason)
  }

  reasonOf(name: Digest): CommandFault | undefined {
    return this.#reasons.get(name)
  }

  /** The least that a job of these choices sets aside. */
  leastOf({ choices }: Ticket): bigint {
    const { params } = this.#roster.governance
    return BigInt(choices.replicas) * (choices.maxPrice ?? params.maxPrice) + params.fee
  }
}

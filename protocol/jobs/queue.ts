import type { Digest } from '../ids.ts'
import { Heap } from './heap.ts'
import type { Ticket } from './ticket.ts'

/** One level of priority for so long a wait: after less than five minutes the least urgent passes every fresh submission. */
export const AGEING_MS = 30_000

/** Those of one batch by priority, the one that waits longest first: ageing changes nothing of their order. */
interface Group {
  readonly lines: Map<number, Ticket[]>
  /** When it had its last turn, by count. */
  turn: number
}

/** A line as far as it was read. */
interface Cursor {
  readonly tickets: readonly Ticket[]
  at: number
}

/** The next ticket of a group while the queue is read. */
interface Head {
  readonly cursors: readonly Cursor[]
  readonly cursor: Cursor
  readonly ticket: Ticket
  readonly rank: number
  readonly turn: number
}

/** What a submission counts for now. */
function rankOf({ priority, queuedMs }: Ticket, now: number): number {
  return priority + Math.floor(Math.max(0, now - queuedMs) / AGEING_MS)
}

/**
 * Submissions that wait to be opened, in the order: highest rank, then batches by turns (all single submissions are one),
 * then the longest wait. A rank grows by one every `AGEING_MS` and fresh ones begin at 9 at most, so nobody is passed
 * in this order for ever: before a ticket come only those that were here first or came within the first (9 - priority) x
 * `AGEING_MS` of its wait, and of each batch of its own rank one for each one of its own batch. Whether those behind are
 * opened while it can't be is decided where they are opened (`peer/submissions`).
 *
 * Whatever it does costs the logarithm of the number of batches for each ticket that is read, as one may make a batch of
 * each of 10,000 tickets.
 */
export class Queue {
  readonly #tickets = new Map<Digest, Ticket>()
  readonly #groups = new Map<string, Group>()
  #turn = 0

  get size(): number {
    return this.#tickets.size
  }

  get(name: Digest): Ticket | undefined {
    return this.#tickets.get(name)
  }

  /** Whether one of a batch waits. */
  has(batch: Digest): boolean {
    return this.#groups.has(batch)
  }

  all(): Iterable<Ticket> {
    return this.#tickets.values()
  }

  put(ticket: Ticket): void {
    this.remove(ticket.name)
    this.#tickets.set(ticket.name, ticket)
    const group = this.#groups.get(groupOf(ticket)) ?? { lines: new Map<number, Ticket[]>(), turn: 0 }
    this.#groups.set(groupOf(ticket), group)
    const line = group.lines.get(ticket.priority) ?? []
    group.lines.set(ticket.priority, line)
    line.splice(placeOf(line, ticket), 0, ticket)
  }

  remove(name: Digest): void {
    const ticket = this.#tickets.get(name)
    if (ticket === undefined) return
    this.#tickets.delete(name)
    const { lines } = this.#groups.get(groupOf(ticket)) ?? {}
    const line = lines?.get(ticket.priority)
    line?.splice(placeOf(line, ticket), 1)
    if (line?.length === 0) lines?.delete(ticket.priority)
    if (lines?.size === 0) this.#groups.delete(groupOf(ticket))
  }

  /** Its batch has had a turn. */
  served(ticket: Ticket): void {
    const group = this.#groups.get(groupOf(ticket))
    if (group === undefined) return
    this.#turn += 1
    group.turn = this.#turn
  }

  /** From the next one to be opened on. While it is read only the ticket that was given last may leave, or come back. */
  *inOrder(now: number): Generator<Ticket> {
    const heads = new Heap<Head>(isBefore)
    const add = (head: Head | undefined) => head && heads.push(head)
    for (const { lines, turn } of this.#groups.values())
      add(
        headOf(
          [...lines.values()].map((tickets) => ({ tickets, at: 0 })),
          turn,
          now,
        ),
      )
    let turn = this.#turn
    for (let head = heads.pop(); head !== undefined; head = heads.pop()) {
      const { ticket, cursor, cursors } = head
      yield ticket
      if (cursor.tickets[cursor.at]?.name === ticket.name) cursor.at += 1
      turn += 1
      add(headOf(cursors, turn, now))
    }
  }

  /** How many go before it; undefined for one that doesn't wait. */
  position(name: Digest, now: number): number | undefined {
    if (!this.#tickets.has(name)) return undefined
    let before = 0
    for (const ticket of this.inOrder(now)) {
      if (ticket.name === name) return before
      before += 1
    }
    return undefined
  }
}

function groupOf({ batch }: Ticket): string {
  return batch ?? ''
}

function compareAges(a: Ticket, b: Ticket): number {
  if (a.queuedMs !== b.queuedMs) return a.queuedMs - b.queuedMs
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/** Where in a line a ticket is, or belongs. */
function placeOf(tickets: readonly Ticket[], ticket: Ticket): number {
  let low = 0
  let high = tickets.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = tickets[middle]
    if (other !== undefined && compareAges(other, ticket) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** The ticket of a group that is next: the highest rank, then the longest wait. */
function headOf(cursors: readonly Cursor[], turn: number, now: number): Head | undefined {
  let best: Head | undefined
  for (const cursor of cursors) {
    const ticket = cursor.tickets[cursor.at]
    if (ticket === undefined) continue
    const head = { cursors, cursor, ticket, turn, rank: rankOf(ticket, now) }
    if (best === undefined || isBefore(head, best)) best = head
  }
  return best
}

function isBefore(a: Head, b: Head): boolean {
  if (a.rank !== b.rank) return a.rank > b.rank
  return a.turn === b.turn ? compareAges(a.ticket, b.ticket) < 0 : a.turn < b.turn
}

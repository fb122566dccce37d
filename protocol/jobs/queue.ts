import type { Digest } from '../ids.ts'
import type { Ticket } from './ticket.ts'

/** One level of priority for so long a wait: after less than five minutes the least urgent passes every fresh submission. */
export const AGEING_MS = 30_000

/** Those of one priority and one batch, the one that waits longest first: ageing changes nothing of their order. */
interface Line {
  readonly group: string
  readonly tickets: Ticket[]
}

/** What a submission counts for now. */
function rankOf({ priority, queuedMs }: Ticket, now: number): number {
  return priority + Math.floor(Math.max(0, now - queuedMs) / AGEING_MS)
}

/**
 * Submissions that wait to be opened, in the order: highest rank, then batches by turns (all single submissions are one),
 * then the longest wait. A rank grows by one every `AGEING_MS` and fresh ones begin at 9 at most, so nobody is passed
 * for ever: before a ticket come only those that were here first or came within the first (9 - priority) x `AGEING_MS`
 * of its wait, and of each batch of its own rank one for each one of its own batch.
 */
export class Queue {
  readonly #tickets = new Map<Digest, Ticket>()
  readonly #lines = new Map<string, Line>()
  /** When each batch had its last turn, by count. */
  readonly #turns = new Map<string, number>()
  #turn = 0

  get size(): number {
    return this.#tickets.size
  }

  get(name: Digest): Ticket | undefined {
    return this.#tickets.get(name)
  }

  all(): Iterable<Ticket> {
    return this.#tickets.values()
  }

  put(ticket: Ticket): void {
    this.remove(ticket.name)
    this.#tickets.set(ticket.name, ticket)
    const line = this.#lineOf(ticket)
    line.tickets.splice(placeOf(line.tickets, ticket), 0, ticket)
  }

  remove(name: Digest): void {
    const ticket = this.#tickets.get(name)
    if (ticket === undefined) return
    this.#tickets.delete(name)
    const line = this.#lineOf(ticket)
    line.tickets.splice(placeOf(line.tickets, ticket), 1)
    if (line.tickets.length > 0) return
    this.#lines.delete(keyOf(ticket))
    if (![...this.#lines.values()].some(({ group }) => group === line.group)) this.#turns.delete(line.group)
  }

  /** Its batch has had a turn. */
  served(ticket: Ticket): void {
    this.#turn += 1
    this.#turns.set(groupOf(ticket), this.#turn)
  }

  /** From the next one to be opened on. The queue may change while it is read; then the order is that of the beginning. */
  *inOrder(now: number): Generator<Ticket> {
    const rests = [...this.#lines.values()].map(({ group, tickets }) => ({
      group,
      tickets: [...tickets],
      at: 0,
    }))
    const turns = new Map(this.#turns)
    let turn = this.#turn
    for (;;) {
      let best: { readonly line: (typeof rests)[number]; readonly ticket: Ticket } | undefined
      for (const line of rests) {
        const ticket = line.tickets[line.at]
        if (ticket !== undefined && (best === undefined || isBefore(ticket, best.ticket, now, turns)))
          best = { line, ticket }
      }
      if (best === undefined) return
      best.line.at += 1
      turn += 1
      turns.set(best.line.group, turn)
      yield best.ticket
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

  #lineOf(ticket: Ticket): Line {
    const key = keyOf(ticket)
    const line = this.#lines.get(key) ?? { group: groupOf(ticket), tickets: [] }
    this.#lines.set(key, line)
    return line
  }
}

function groupOf({ batch }: Ticket): string {
  return batch ?? ''
}

function keyOf(ticket: Ticket): string {
  return `${ticket.priority}/${groupOf(ticket)}`
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

function isBefore(a: Ticket, b: Ticket, now: number, turns: ReadonlyMap<string, number>): boolean {
  const ranks = rankOf(b, now) - rankOf(a, now)
  if (ranks !== 0) return ranks < 0
  const served = (turns.get(groupOf(a)) ?? 0) - (turns.get(groupOf(b)) ?? 0)
  return served === 0 ? compareAges(a, b) < 0 : served < 0
}

import type { Signed } from '../../protocol/encoding/signed.ts'
import type { PeerId } from '../../protocol/ids.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'
import { type Ticket, type TicketFault, ticketFault } from '../../protocol/swarm/ticket.ts'

/** Guests at a time: browsers and clients of one peer, each with a connection of its own. */
const GUESTS_MAX = 64

/** Who is let in by a member's ticket. Kept in memory alone: after a restart a guest shows its ticket again. */
export interface Guests {
  /** The fault of the ticket, or undefined: its bearer is a guest until it expires. */
  admit(from: PeerId, ticket: Signed<Ticket>): TicketFault | undefined
  isGuest(peer: PeerId): boolean
  /** What a guest may do; undefined for anybody else. */
  rightsOf(peer: PeerId): Ticket['rights'] | undefined
}

export function createGuests(roster: Roster, now: () => number): Guests {
  const tickets = new Map<PeerId, Signed<Ticket>>()

  /** Asked anew each time: its issuer may have been revoked since. */
  function ticketOf(peer: PeerId): Signed<Ticket> | undefined {
    const ticket = tickets.get(peer)
    if (ticket === undefined) return undefined
    if (ticketFault(ticket, peer, roster, now()) === undefined) return ticket
    tickets.delete(peer)
    return undefined
  }

  return {
    admit(from, ticket) {
      const fault = ticketFault(ticket, from, roster, now())
      if (fault !== undefined) return fault
      for (const peer of tickets.keys()) ticketOf(peer)
      tickets.delete(from)
      tickets.set(from, ticket)
      const [oldest] = tickets.keys()
      if (tickets.size > GUESTS_MAX && oldest !== undefined) tickets.delete(oldest)
      return undefined
    },
    isGuest: (peer) => ticketOf(peer) !== undefined,
    rightsOf: (peer) => ticketOf(peer)?.body.rights,
  }
}

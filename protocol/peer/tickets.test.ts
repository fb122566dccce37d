import { expect, it } from 'vitest'
import { testTicket } from '../jobs/testing-tickets.ts'
import { fourWitnesses } from '../swarm/testing-swarm.ts'
import { NamedRequests } from './named-requests.ts'
import { Tickets } from './tickets.ts'

it('a ticket that waits twice under one name counts once, as what it is now', () => {
  const tickets = new Tickets(fourWitnesses().roster, new NamedRequests())
  const ticket = testTicket('a')
  const dear = { ...ticket, choices: { ...ticket.choices, maxPrice: 1_000n } }
  for (const one of [ticket, ticket, dear]) tickets.enqueue(one)
  expect(tickets.needed).toBe(tickets.leastOf(dear))
  tickets.take(dear)
  expect([tickets.needed, tickets.queue.size]).toEqual([0n, 0])
})

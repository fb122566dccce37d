import { hash } from '../crypto/digest.ts'
import { blobRefOf } from '../ids.ts'
import type { JobRequest } from '../peer/command.ts'
import { plainRequest } from './plain-request.ts'
import type { Ticket } from './ticket.ts'
import { ticketFor } from './ticket.ts'

/** For tests: what a payer chooses who chooses nothing. */
export const CHOICES: JobRequest = plainRequest(blobRefOf(Uint8Array.of(0)), 2)

/** For tests: a ticket that goes by a word. */
export function testTicket(word: string, about: Partial<Ticket> = {}): Ticket {
  const name = hash(
    'ticket',
    Uint8Array.from(word, (letter) => letter.charCodeAt(0)),
  )
  const secret = hash('submission', new Uint8Array(0))
  return {
    ...ticketFor(CHOICES, 0, { name, content: secret, isKnown: true, secret, label: word }),
    ...about,
  }
}

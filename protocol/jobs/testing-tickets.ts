import { hash } from '../crypto/digest.ts'
import { blobRefOf } from '../ids.ts'
import type { JobRequest } from '../peer/command.ts'
import type { Ticket } from './ticket.ts'
import { ticketFor } from './ticket.ts'

/** For tests: what a payer chooses who chooses nothing. */
export const CHOICES: JobRequest = {
  prompt: blobRefOf(Uint8Array.of(0)),
  model: null,
  replicas: 2,
  standbys: 0,
  comparator: 'auto',
  minConfidence: null,
  maxPrice: null,
  region: null,
  mode: 'process',
  visibility: 'private',
  temperatureMilli: 0,
  seed: null,
  maxTokens: 1,
}

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

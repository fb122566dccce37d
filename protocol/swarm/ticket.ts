import { encodeBody } from '../encoding/body.ts'
import { bytes, digest, type Infer, list, oneOf, peerId, signature, struct, uint } from '../encoding/codec.ts'
import { packed, packedPeer } from '../encoding/packed.ts'
import type { Signed, SignedKind } from '../encoding/signed.ts'
import { type TextForm, textForm } from '../encoding/text-form.ts'
import type { PeerId, SwarmId } from '../ids.ts'
import type { Roster } from './roster.ts'

/** What a guest may do: look at what members may look at, and send work that its own key pays for. */
export const TICKET_RIGHTS = ['read', 'submit'] as const
const rights = list(oneOf(...TICKET_RIGHTS), { min: 1, max: TICKET_RIGHTS.length })

/** A member's word that whoever holds a key may be its swarm's guest for a while (2). */
const ticketCodec = struct({
  /** The guest's key: its connection proves it. */
  key: peerId,
  rights,
  /** Milliseconds since 1970; nobody is let in at or after it. */
  notAfter: uint(),
})
export type Ticket = Infer<typeof ticketCodec>
export const TICKET: SignedKind<Ticket> = { kind: 'attach-ticket', body: ticketCodec }

/** Longest life of a ticket: a week in a browser; whoever is to stay is invited. */
const TICKET_MS_MAX = 7 * 24 * 3_600_000

export const TICKET_FAULTS = [
  'guests_not_admitted',
  'ticket_expired',
  'ticket_too_long',
  'ticket_of_another_key',
  'ticket_not_by_a_member',
] as const
export type TicketFault = (typeof TICKET_FAULTS)[number]

/** Why a member doesn't let the bearer in as a guest now. The signature is checked beforehand. */
export function ticketFault(
  { signer, body }: Signed<Ticket>,
  from: PeerId,
  roster: Roster,
  now: number,
): TicketFault | undefined {
  if (!roster.charter.guests) return 'guests_not_admitted'
  if (now >= body.notAfter) return 'ticket_expired'
  if (body.notAfter - now > TICKET_MS_MAX) return 'ticket_too_long'
  if (body.key !== from) return 'ticket_of_another_key'
  return roster.member(signer) === undefined ? 'ticket_not_by_a_member' : undefined
}

/** A ticket with the secret of its key: the bearer is the guest. */
export interface TicketText {
  readonly swarm: SwarmId
  readonly secret: Uint8Array
  readonly ticket: Signed<Ticket>
}

const textCodec = packed({
  swarm: digest<SwarmId>(),
  secret: bytes({ min: 32, max: 32 }),
  signer: packedPeer,
  sig: signature,
  key: packedPeer,
  rights,
  notAfter: uint(),
})

/** `hlt1...`, which an attach link carries. */
export const TICKET_TEXT: TextForm<TicketText> = textForm('hlt', {
  toWire: ({ ticket: { signer, sig, body }, ...rest }) => textCodec.toWire({ ...rest, ...body, signer, sig }),
  fromWire(raw, path, sink) {
    const { swarm, secret, signer, sig, ...body } = textCodec.fromWire(raw, path, sink)
    return { swarm, secret, ticket: { signer, body, bytes: encodeBody(ticketCodec, body), sig } }
  },
})

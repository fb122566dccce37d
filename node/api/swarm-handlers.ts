import { formatCredits, parseCredits } from '../../protocol/api/credits.ts'
import {
  INVITATION_SECONDS,
  type InvitationAnswer,
  type InviteRequest,
  type RevocationAnswer,
  TICKET_SECONDS,
  type TicketAnswer,
} from '../../protocol/api/swarm-schema.ts'
import type { OrderAnswer } from '../../protocol/api/epoch-schema.ts'
import type { Signer } from '../../protocol/crypto/signer.ts'
import { isPlainText } from '../../protocol/encoding/plain-text.ts'
import { sign } from '../../protocol/encoding/signed.ts'
import { PARTIAL_ORDER } from '../../protocol/epoch/order-text.ts'
import { isPeerId, type PeerId, type SwarmId } from '../../protocol/ids.ts'
import { LIMITS, OUTPUT_MIN } from '../../protocol/params.ts'
import {
  type DialAddresses,
  dialAddresses,
  INVITATION_TEXT,
  PARTIAL_INVITATION,
  PARTIAL_REVOCATION,
  TEXT_SENTENCES,
} from '../../protocol/swarm/invitation-text.ts'
import { INVITATION, REVOCATION, type SignedInvitation } from '../../protocol/swarm/invitation.ts'
import {
  addSignatures,
  draftInvitation,
  draftRevocation,
  invitationSignatures,
  operatorsAmong,
} from '../../protocol/swarm/inviting.ts'
import { TICKET, TICKET_TEXT } from '../../protocol/swarm/ticket.ts'
import type { Backend } from './backend.ts'
import { dialOf } from './dial-addresses.ts'
import { cosignOrder } from './epoch-handlers.ts'
import { pageOfList } from './paging.ts'
import { ApiProblem } from './problem.ts'
import { createRevoking, type Revoking } from './revoking.ts'
import type { Handlers, RouteInput } from './route-handlers.ts'
import { memberResources, swarmResource } from './swarm-resource.ts'

type SwarmRoute = 'getSwarm' | 'listMembers' | 'createInvitation' | 'cosign' | 'revokeKey' | 'createTicket'

const WITNESSES = `it is an order that names no witness, or more than the ${LIMITS.witnesses} that an epoch may have`

const SALT_BYTES = 16
const SECRET_BYTES = 32

/** Keys of this peer that operate the swarm now. Throws `not_an_operator`. */
function requireOperators({ view, swarm }: Backend): readonly Signer[] {
  const operators = operatorsAmong(swarm.signers, view.roster)
  if (operators.length > 0) return operators
  const { keys } = view.roster.governance.operators
  throw new ApiProblem(
    'not_an_operator',
    `the operators are ${keys.join(', ')}; run this on a machine that holds one of these keys`,
  )
}

function grantOf(text: string | undefined): bigint {
  if (text === undefined) return 0n
  const units = parseCredits(text)
  if (units === undefined || units < OUTPUT_MIN)
    throw new ApiProblem('amount_out_of_range', `a grant is at least ${formatCredits(OUTPUT_MIN)}`)
  return units
}

function labelOf(text: string): string {
  if (!isPlainText(text))
    throw new ApiProblem('text_not_well_formed', 'label contains a control character, or half of a character')
  const bytes = new TextEncoder().encode(text).length
  if (bytes > LIMITS.labelBytes)
    throw new ApiProblem('out_of_range', `label has ${bytes} bytes, ${LIMITS.labelBytes} are allowed`)
  return text
}

function peerOf(id: string | undefined): PeerId | null {
  if (id === undefined) return null
  if (isPeerId(id)) return id
  throw new ApiProblem('out_of_range', 'this is not the id of a key: a letter of it is wrong')
}

function createInvitation(backend: Backend, body: InviteRequest): InvitationAnswer {
  const { swarm, view } = backend
  const [{ id: inviter }] = swarm.signers
  const signers = requireOperators(backend)
  const salt = swarm.random(SALT_BYTES)
  const token = swarm.signerOf(swarm.secretOf(salt)).id
  const invitation = draftInvitation(view.roster, signers, {
    token,
    roles: body.roles ?? ['peer'],
    // A label of its own: who is vouched for as one of the others is so by name.
    operator: body.label === undefined ? `peer-${token.slice(-8)}` : labelOf(body.label),
    grant: grantOf(body.grant),
    notBefore: 0,
    notAfter: backend.now() + (body.expires_in_s ?? INVITATION_SECONDS) * 1_000,
    peer: peerOf(body.peer),
  })
  return invitationAnswer(backend, { invitation, inviter, salt, dial: dialOf(backend) })
}

interface Begun {
  readonly invitation: SignedInvitation
  readonly inviter: PeerId
  readonly salt: Uint8Array
  readonly dial: readonly DialAddresses[]
}

/** Whole once enough have signed and it is where its secret can be made. */
function invitationAnswer(
  { view, swarm }: Backend,
  { invitation, inviter, salt, dial }: Begun,
): InvitationAnswer {
  const { given, needed } = invitationSignatures(invitation, view.roster)
  const isWhole = given >= needed && inviter === swarm.signers[0].id
  const { body } = invitation
  return {
    kind: isWhole ? 'invitation' : 'partial',
    text: isWhole
      ? INVITATION_TEXT.write({ swarm: view.swarm, secret: swarm.secretOf(salt), invitation, dial })
      : PARTIAL_INVITATION.write({ swarm: view.swarm, inviter, salt, invitation, dial }),
    token: body.token,
    label: body.operator,
    roles: [...body.roles],
    grant: formatCredits(body.grant),
    expires_at: new Date(body.notAfter).toISOString(),
    peer: body.peer,
    signatures: given,
    needed,
    addresses: [...dialAddresses(dial)],
  }
}

function requireOwn(swarm: SwarmId, { view }: Backend): void {
  if (swarm !== view.swarm)
    throw new ApiProblem('text_foreign', `it is of the swarm ${swarm}, and this peer of ${view.swarm}`)
}

/** Nobody signs what they haven't seen: unconfirmed it is shown. */
async function cosign(
  backend: Backend,
  revoking: Revoking,
  { text, confirmed = false }: RouteInput<'cosign'>['body'],
): Promise<InvitationAnswer | RevocationAnswer | OrderAnswer> {
  const { view } = backend
  const order = PARTIAL_ORDER.read(text)
  if (order.ok) {
    requireOwn(order.value.swarm, backend)
    return cosignOrder(backend, order.value.order, confirmed)
  }
  const revocation = PARTIAL_REVOCATION.read(text)
  if (revocation.ok) {
    requireOwn(revocation.value.swarm, backend)
    const signers = requireOperators(backend)
    if (!confirmed) return revoking.show(revocation.value.revocation)
    return revoking.bring(addSignatures(view.roster, REVOCATION, revocation.value.revocation, signers))
  }
  const partial = PARTIAL_INVITATION.read(text)
  if (!partial.ok) {
    if (!order.ok && order.outOfRange === 'hle.governance.witnesses')
      throw new ApiProblem('text_unreadable', WITNESSES)
    const codes = [order.code, revocation.code, partial.code]
    const code = codes.find((each) => each !== 'another_kind') ?? 'another_kind'
    const sentence =
      code === 'another_kind'
        ? 'what operators sign begins with "hlp1", "hlr1" or "hle1"'
        : TEXT_SENTENCES[code]
    throw new ApiProblem('text_unreadable', sentence)
  }
  requireOwn(partial.value.swarm, backend)
  const { body } = partial.value.invitation
  const { epoch } = view.roster
  if (body.epoch !== epoch.number)
    throw new ApiProblem(
      'text_foreign',
      `it was begun in epoch ${body.epoch}, and the swarm is in epoch ${epoch.number}: begin it anew`,
    )
  const signers = requireOperators(backend)
  const { signatures } = partial.value.invitation
  const isNew = signers.some(({ id }) => signatures.every(({ signer }) => signer !== id))
  if (isNew && !confirmed) return { ...invitationAnswer(backend, partial.value), kind: 'unconfirmed' }
  const signed = addSignatures(view.roster, INVITATION, partial.value.invitation, signers)
  return invitationAnswer(backend, { ...partial.value, invitation: signed })
}

function createTicket(
  backend: Backend,
  body: RouteInput<'createTicket'>['body'],
  page: string,
): TicketAnswer {
  const { view, swarm, network } = backend
  if (!view.roster.charter.guests) throw new ApiProblem('guests_not_admitted')
  const secret = swarm.random(SECRET_BYTES)
  const { id: key } = swarm.signerOf(secret)
  const notAfter = backend.now() + (body.expires_in_s ?? TICKET_SECONDS) * 1_000
  const [self] = swarm.signers
  const ticket = sign(self, view.swarm, TICKET, { key, rights: body.rights ?? ['read', 'submit'], notAfter })
  const text = TICKET_TEXT.write({ swarm: view.swarm, secret, ticket })
  const addresses = [...network.addresses()]
  // What a browser can dial comes first.
  const address = addresses.find((each) => each.includes('/ws')) ?? addresses[0] ?? `/p2p/${view.self}`
  return {
    link: `${page}/#/attach/${view.swarm}/${encodeURIComponent(address)}?ticket=${text}`,
    ticket: text,
    key,
    rights: [...ticket.body.rights],
    expires_at: new Date(notAfter).toISOString(),
    addresses,
  }
}

/** `url`: where this peer's page is. */
export function swarmHandlers(backend: Backend, url: () => string): Pick<Handlers, SwarmRoute> {
  const revoking = createRevoking(backend)
  return {
    getSwarm: () => swarmResource(backend),
    listMembers: ({ query }) => pageOfList(memberResources(backend), ({ peer_id: id }) => id, query),
    createInvitation: ({ body }) => createInvitation(backend, body),
    cosign: ({ body }) => cosign(backend, revoking, body),
    revokeKey({ body }) {
      const key = peerOf(body.key)
      if (key === null) throw new ApiProblem('missing_field')
      return revoking.bring(draftRevocation(backend.view.roster, requireOperators(backend), key))
    },
    createTicket: ({ body }) => createTicket(backend, body, url()),
  }
}

import { decodeBody, encodeBody } from '../encoding/body.ts'
import { TRUSTED } from '../encoding/evidence.ts'
import { isSignedBy } from '../encoding/multi-signed.ts'
import type { Digest, PeerId } from '../ids.ts'
import type { Epoch } from '../swarm/epoch.ts'
import { EPOCH_ORDER, governanceFault, type GovernanceFault } from '../swarm/governance.ts'
import type { Roster } from '../swarm/roster.ts'
import { type EpochOrder, orderDigestOf, type SignedAccept, type SignedOrder } from './value.ts'

export type OrderFault = 'order_out_of_time' | 'order_not_signed' | GovernanceFault

/**
 * Whether an order could begin the next epoch (5.6); signatures were checked before. It depends on the order and the
 * epoch alone, so all witnesses of an epoch say the same for as long as it lasts: else some would stop for an order
 * that the others refuse, and no quorum were left for anything. Whoever gives or signs an order also looks at what
 * may change meanwhile, revocations above all (`draftFault`).
 */
export function orderFault(order: SignedOrder, { epoch }: Roster): OrderFault | undefined {
  const { number, governance } = order.body
  if (number !== epoch.number + 1) return 'order_out_of_time'
  return governanceFault(governance) ?? (isOrdered(order, epoch) ? undefined : 'order_not_signed')
}

/** Why nobody should give or sign an order now; it may still be carried out. */
export type DraftFault = 'order_out_of_range' | 'witness_unknown' | 'witness_revoked' | 'rules_unknown'

/** Why a host can't agree to witness. */
export type AgreeFault = 'no_order' | 'votes_lost' | 'rules_unknown'

/**
 * What whoever gives or signs an order looks at besides: what other peers may see otherwise, so that they don't judge
 * by it. `rules` are those that this program brings.
 */
export function draftFault(body: EpochOrder, roster: Roster, rules: Digest): DraftFault | undefined {
  if (!encodes(body)) return 'order_out_of_range'
  const { witnesses, rules: ordered } = body.governance
  if (ordered !== rules && ordered !== roster.governance.rules) return 'rules_unknown'
  if (witnesses.some((peer) => roster.isRevoked(peer))) return 'witness_revoked'
  return witnesses.some((peer) => roster.member(peer) === undefined) ? 'witness_unknown' : undefined
}

/** Whether other peers could read it: sets of 1 to 64 witnesses, amounts that exist. */
function encodes(body: EpochOrder): boolean {
  try {
    decodeBody(EPOCH_ORDER.body, encodeBody(EPOCH_ORDER.body, body), 'order', TRUSTED)
    return true
  } catch {
    // Whether the codec or the library below it objects: nobody could read such an order.
    return false
  }
}

/** m operators, or a quorum of the witnesses: operators may have lost their keys. */
function isOrdered(order: SignedOrder, { governance, witnesses, sizes }: Epoch): boolean {
  return (
    isSignedBy(order, governance.operators) || isSignedBy(order, { keys: witnesses, needed: sizes.quorum })
  )
}

/** Who gave an order: the operators that signed it, or the witnesses where those are too few. Others' names count for nothing. */
export function giversOf(order: SignedOrder, { governance, witnesses }: Epoch): string {
  const { operators } = governance
  const keys: readonly PeerId[] = isSignedBy(order, operators) ? operators.keys : witnesses
  const signed = order.signatures.flatMap(({ signer }) => (keys.includes(signer) ? [signer] : []))
  return signed.sort().join(' ')
}

/** Witnesses of the next epoch that this one doesn't have: each has to accept. */
export function addedBy({ body }: SignedOrder, { epoch }: Roster): readonly PeerId[] {
  return body.governance.witnesses.filter((peer) => !epoch.witnesses.includes(peer))
}

export function fitsOrder({ signer, body }: SignedAccept, order: SignedOrder, roster: Roster): boolean {
  return (
    body.number === order.body.number &&
    body.order === orderDigestOf(order) &&
    addedBy(order, roster).includes(signer)
  )
}

/** Whether exactly those whom the order adds have accepted, ascending by signer. */
export function isAccepted(order: SignedOrder, accepts: readonly SignedAccept[], roster: Roster): boolean {
  const added = addedBy(order, roster)
  return (
    accepts.length === added.length &&
    accepts.every((one, at) => one.signer === added[at] && fitsOrder(one, order, roster))
  )
}

/**
 * Whom an order names and this peer has never heard of as a member. Of two peers one may lack a join that the other
 * knows; it fetches it and then says the same.
 */
export function strangersIn({ body }: SignedOrder, roster: Roster): readonly PeerId[] {
  return body.governance.witnesses.filter(
    (peer) => roster.member(peer) === undefined && !roster.isRevoked(peer),
  )
}

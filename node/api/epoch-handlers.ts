import { LIMITS } from '../../protocol/params.ts'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parseCredits } from '../../protocol/api/credits.ts'
import type { AcceptedAnswer, OrderAnswer, OrderRequest } from '../../protocol/api/epoch-schema.ts'
import type { Signer } from '../../protocol/crypto/signer.ts'
import { addedBy, draftFault, orderFault } from '../../protocol/epoch/order.ts'
import {
  draftOrder,
  type GovernanceChange,
  governanceAfter,
  isGenuine,
  isSigned,
  orderersAmong,
  orderSignatures,
} from '../../protocol/epoch/ordering.ts'
import { orderDigestOf, type SignedOrder } from '../../protocol/epoch/value.ts'
import { PPM } from '../../protocol/params.ts'
import { type EpochFault, EPOCH_FAULTS } from '../../protocol/peer/epoch-command.ts'
import { EPOCH_ORDER } from '../../protocol/swarm/governance.ts'
import { addSignatures, operatorsAmong } from '../../protocol/swarm/inviting.ts'
import type { Backend } from './backend.ts'
import { keyNamed, keysNamed, nameIn } from './epoch-names.ts'
import { epochResource, orderAbout, pendingOrderResource } from './epoch-resource.ts'
import { orderWarnings } from './epoch-words.ts'
import { ApiProblem } from './problem.ts'
import type { Handlers } from './route-handlers.ts'

type EpochRoute = 'getEpoch' | 'orderEpoch' | 'acceptEpoch'

/** Keys of this peer whose signatures count. Throws `not_an_operator`. */
function requireOrderers({ view, swarm }: Backend): readonly Signer[] {
  const signers = orderersAmong(swarm.signers, view.roster)
  if (signers.length > 0) return signers
  const { operators } = view.roster.governance
  throw new ApiProblem(
    'not_an_operator',
    `this peer is no witness and holds no key of an operator; the operators are ${operators.keys.map(nameIn(view.roster)).join(', ')}. ` +
      'Run this on a machine that holds one of these keys; a key that was added while the peer ran is used from its next start on',
  )
}

function unitsOf(text: string): bigint {
  const units = parseCredits(text)
  if (units === undefined) throw new ApiProblem('amount_out_of_range')
  return units
}

function changeOf({ view: { roster }, swarm }: Backend, body: OrderRequest): GovernanceChange {
  const { operators } = roster.governance
  const { add = [], remove = [], minters, treasury } = body
  const keys = body.operators === undefined ? operators.keys : keysNamed(roster, body.operators)
  return {
    add: keysNamed(roster, add),
    remove: keysNamed(roster, remove),
    operators: { keys, needed: body.needed ?? operators.needed },
    ...(minters === undefined ? {} : { minters: keysNamed(roster, minters) }),
    ...(treasury === undefined ? {} : { treasury: keyNamed(roster, treasury) }),
    ...(body.adopt_rules === true ? { rules: swarm.rules } : {}),
    params: paramsOf(body),
  }
}

function paramsOf(body: OrderRequest): NonNullable<GovernanceChange['params']> {
  const {
    prior_trust: prior,
    min_confidence: confidence,
    fee,
    max_price: price,
    trust_bidders: bidders,
  } = body
  const ppm = (part: number) => Math.round(part * PPM)
  return {
    ...(prior === undefined ? {} : { priorTrust: ppm(prior) }),
    ...(confidence === undefined ? {} : { minConfidence: ppm(confidence) }),
    ...(fee === undefined ? {} : { fee: unitsOf(fee) }),
    ...(price === undefined ? {} : { maxPrice: unitsOf(price) }),
    ...(bidders === undefined ? {} : { trustBidders: bidders }),
  }
}

function detailOf({ view: { roster } }: Backend, { body }: SignedOrder, code: EpochFault): string {
  const { witnesses } = body.governance
  const name = nameIn(roster)
  switch (code) {
    case 'order_out_of_range':
      return witnesses.length >= 1 && witnesses.length <= LIMITS.witnesses
        ? EPOCH_FAULTS[code]
        : `an epoch has 1 to ${LIMITS.witnesses} witnesses, and this order names ${witnesses.length}`
    case 'order_out_of_time':
      return `the order is for epoch ${body.number}, and the swarm is in epoch ${roster.epoch.number}: begin it anew`
    case 'witness_unknown': {
      const strangers = witnesses.filter(
        (peer) => roster.member(peer) === undefined && !roster.isRevoked(peer),
      )
      return `${strangers.join(', ')}: no member of the swarm, or this peer has not heard of it yet; invite it first`
    }
    case 'witness_revoked': {
      const revoked = witnesses.filter((peer) => roster.isRevoked(peer))
      return `${revoked.map(name).join(', ')}: revoked; a witness that is goes with the same order, by --replace or --remove`
    }
    default:
      return EPOCH_FAULTS[code]
  }
}

/** Throws what is wrong with an order, signatures aside. */
function requireSound(backend: Backend, order: SignedOrder): void {
  const { view, swarm } = backend
  const { roster } = view
  const number = roster.epoch.number + 1
  const stopped = view.orders().find(({ isStopped }) => isStopped)
  if (order.body.number === number && stopped !== undefined && !isSame(stopped.order, order))
    throw new ApiProblem(
      'order_pending',
      `another order for epoch ${number} is being decided: look with "hyperlooms swarm epoch", then order again`,
    )
  const late = order.body.number === number ? undefined : 'order_out_of_time'
  const fault = late ?? draftFault(order.body, roster, swarm.rules) ?? orderFault(order, roster)
  if (fault !== undefined && fault !== 'order_not_signed')
    throw new ApiProblem(fault, detailOf(backend, order, fault))
}

function isSame(one: SignedOrder, other: SignedOrder): boolean {
  return orderDigestOf(one) === orderDigestOf(other)
}

function warningsOf({ view, swarm }: Backend, order: SignedOrder): string[] {
  const { roster } = view
  const others = view.orders().filter((one) => !isSame(one.order, order))
  const rival = others.map(
    ({ missing }) =>
      `Another order for the same epoch waits for ${missing.map(nameIn(roster)).join(', ')}: whichever is complete first is carried out.`,
  )
  const standing = {
    before: roster.governance,
    after: order.body.governance,
    self: view.self,
    held: operatorsAmong(swarm.signers, roster).map(({ id }) => id),
  }
  return [...orderWarnings(standing), ...rival]
}

/** To the witnesses where enough have signed; else it goes to the next one. */
async function bring(backend: Backend, order: SignedOrder): Promise<OrderAnswer> {
  const { view } = backend
  const known = () => view.orders().find((one) => isSame(one.order, order))
  const about = {
    warnings: warningsOf(backend, order),
    ...orderAbout(backend, order, addedBy(order, view.roster)),
  }
  if (!isSigned(orderSignatures(order, view.roster))) return { kind: 'partial', ...about }
  if (known() === undefined) {
    // It answers at once what it refuses, and else when the epoch is decided, for which nobody waits here.
    const refused = await Promise.race([
      backend.changeEpoch({ type: 'order-epoch', order }),
      nextTurn(undefined),
    ])
    if (refused?.ok === false) throw new ApiProblem(refused.code, refused.detail)
    if (known() === undefined && view.roster.epoch.number < order.body.number)
      throw new ApiProblem('queue_full', 'too many orders for the next epoch wait to be completed')
  }
  const missing = known()?.missing ?? []
  return { kind: 'order', ...about, missing: orderAbout(backend, order, missing).missing }
}

function orderEpoch(backend: Backend, body: OrderRequest): OrderAnswer | Promise<OrderAnswer> {
  const { roster } = backend.view
  const signers = requireOrderers(backend)
  const wish = draftOrder(roster, [], governanceAfter(roster.governance, changeOf(backend, body)))
  const about = orderAbout(backend, wish, addedBy(wish, roster))
  if (about.changes.length === 0) return { kind: 'unchanged', warnings: [], ...about }
  requireSound(backend, wish)
  const warnings = warningsOf(backend, wish)
  if (warnings.length > 0 && body.confirmed !== true) return { kind: 'unconfirmed', warnings, ...about }
  return bring(backend, addSignatures(roster, EPOCH_ORDER, wish, signers))
}

/** Nobody signs an order that they haven't seen: without `isConfirmed` it is shown. */
export function cosignOrder(
  backend: Backend,
  order: SignedOrder,
  isConfirmed: boolean,
): OrderAnswer | Promise<OrderAnswer> {
  const { roster } = backend.view
  if (!isGenuine(order, backend.view.swarm)) throw new ApiProblem('signature_wrong')
  requireSound(backend, order)
  // Whoever has no key may still bring what others have signed.
  const isWhole = isSigned(orderSignatures(order, roster))
  const signers = isWhole ? orderersAmong(backend.swarm.signers, roster) : requireOrderers(backend)
  if (!isConfirmed)
    return {
      kind: 'unconfirmed',
      warnings: warningsOf(backend, order),
      ...orderAbout(backend, order, addedBy(order, roster)),
    }
  return bring(backend, addSignatures(roster, EPOCH_ORDER, order, signers))
}

async function acceptEpoch(backend: Backend): Promise<AcceptedAnswer> {
  const { view } = backend
  const { roster } = view
  const named = view.orders().filter(({ order }) => addedBy(order, roster).includes(view.self))
  const orders = named.map((one) => pendingOrderResource(backend, one))
  if (named.length === 0 && roster.isWitness(view.self))
    return { kind: 'unchanged', number: roster.epoch.number, orders }
  const number = roster.epoch.number + 1
  const result = await backend.changeEpoch({ type: 'accept-epoch', number })
  if (result.ok) return { kind: 'accepted', number, orders }
  if (result.code !== 'no_order') throw new ApiProblem(result.code, result.detail)
  throw new ApiProblem(
    'no_order',
    `no order that this peer has heard of names it as a witness: an operator runs "hyperlooms swarm promote ${view.self}" first`,
  )
}

export function epochHandlers(backend: Backend): Pick<Handlers, EpochRoute> {
  return {
    getEpoch: ({ query }) => epochResource(backend, query.number),
    orderEpoch: ({ body }) => orderEpoch(backend, body),
    acceptEpoch: () => acceptEpoch(backend),
  }
}

import { formatCredits } from '../../protocol/api/credits.ts'
import type {
  EpochResource,
  GovernanceResource,
  OrderAnswer,
  PendingOrderResource,
} from '../../protocol/api/epoch-schema.ts'
import type { PendingOrder } from '../../protocol/epoch/change-view.ts'
import { PARTIAL_ORDER } from '../../protocol/epoch/order-text.ts'
import { orderSignatures } from '../../protocol/epoch/ordering.ts'
import type { SignedOrder } from '../../protocol/epoch/value.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { PPM } from '../../protocol/params.ts'
import type { Governance } from '../../protocol/swarm/governance.ts'
import { operatorsAmong } from '../../protocol/swarm/inviting.ts'
import type { Roster } from '../../protocol/swarm/roster.ts'
import { quorumWords } from '../swarm/quorum-words.ts'
import type { Backend } from './backend.ts'
import { changeWords } from './change-words.ts'
import { nameIn } from './epoch-names.ts'
import { changeSentences } from './epoch-words.ts'
import { timeOf } from './job-resource.ts'
import { ApiProblem } from './problem.ts'

function namedIn({ member }: Roster): (peer: PeerId) => OrderAnswer['missing'][number] {
  return (peer) => ({ peer_id: peer, label: member(peer)?.operator ?? null })
}

function governanceResource({
  witnesses,
  operators,
  minters,
  treasury,
  params,
  rules,
}: Governance): GovernanceResource {
  return {
    witnesses: [...witnesses],
    operators: { keys: [...operators.keys], needed: operators.needed },
    minters: [...minters],
    treasury,
    prior_trust: params.priorTrust / PPM,
    min_confidence: params.minConfidence / PPM,
    fee: formatCredits(params.fee),
    max_price: formatCredits(params.maxPrice),
    trust_bidders: params.trustBidders,
    rules,
  }
}

/** What an order is about; `missing` are those who have yet to agree. */
export function orderAbout(
  { view: { roster, swarm } }: Backend,
  order: SignedOrder,
  missing: readonly PeerId[],
): Omit<OrderAnswer, 'kind' | 'warnings'> {
  const { number, governance } = order.body
  return {
    number,
    changes: changeSentences(roster.governance, governance, nameIn(roster)),
    next: governanceResource(governance),
    text: order.signatures.length === 0 ? null : PARTIAL_ORDER.write({ swarm, order }),
    signatures: orderSignatures(order, roster),
    missing: missing.map(namedIn(roster)),
  }
}

export function pendingOrderResource(
  backend: Backend,
  { order, missing, isStopped }: PendingOrder,
): PendingOrderResource {
  const named = namedIn(backend.view.roster)
  return {
    ...orderAbout(backend, order, missing),
    signers: order.signatures.map(({ signer }) => named(signer)),
    stopped: isStopped,
  }
}

/** Throws `epoch_not_found` for one that this peer hasn't heard of. */
export function epochResource(backend: Backend, asked: number | undefined): EpochResource {
  const { view, swarm } = backend
  const { roster } = view
  const epoch = asked === undefined ? roster.epoch : roster.epochOf(asked)
  if (epoch === undefined) throw new ApiProblem('epoch_not_found')
  const { witnesses, faulty, quorum } = epoch.sizes
  const change = view.change()
  const named = namedIn(roster)
  return {
    number: epoch.number,
    current: roster.epoch.number,
    governance: governanceResource(epoch.governance),
    count: witnesses,
    faulty,
    quorum,
    spare: witnesses - quorum,
    self: {
      peer_id: view.self,
      witness: roster.isWitness(view.self),
      held: operatorsAmong(swarm.signers, roster).map(({ id }) => id),
    },
    witnesses: epoch.witnesses.map(named),
    orders: view.orders().map((one) => pendingOrderResource(backend, one)),
    stopped_at: change.stoppedMs === undefined ? null : timeOf(change.stoppedMs),
    reported: change.reported.map(named),
    level: change.isLevel,
    sentences: [
      ...quorumWords(epoch.governance.operators.needed, witnesses),
      ...changeWords(change, nameIn(roster)),
    ],
  }
}

import { decisionCodec } from '../../protocol/agreement/messages.ts'
import { decodeBody } from '../../protocol/encoding/body.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import { signingBytes } from '../../protocol/encoding/signed.ts'
import { ACCEPT, type EpochValue, type SignedOrder } from '../../protocol/epoch/value.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import { EPOCH_ORDER } from '../../protocol/swarm/governance.ts'
import { type CreateChecker, type Facts, quorumOf, type Report } from './checker.ts'
import type { KnownEpoch } from './epoch-record.ts'
import { tagged } from './stored-facts.ts'

/**
 * An epoch begins only by an order that enough operators, or a quorum of witnesses, of the one before it signed, with
 * the accept of everybody whom it adds; and there is one for each number (5.6).
 */
export const createOrderedEpochChecker: CreateChecker = (facts, report) => {
  const decided = new Map<number, string>()
  return {
    stored(peer, writes) {
      for (const { key, value } of writes) {
        if (value === null || !key.startsWith(PREFIXES.epochDecision)) continue
        const decision = decodeBody(decisionCodec, value, key, TRUSTED)
        if (decision.value.type !== 'epoch') continue
        const { order } = decision.value
        const { number } = order.body
        const name = orderName(order)
        const before = decided.get(number)
        if (before !== undefined && before !== name) report(`${peer} begins epoch ${number} by another order`)
        if (before !== undefined) continue
        decided.set(number, name)
        const closed = facts.epochOf(number - 1)
        if (closed === undefined) report(`${peer} begins epoch ${number} before the one before it`)
        else judge(facts, closed, decision.value, (detail) => report(`epoch ${number} ${detail}`))
      }
    },
  }
}

const orderName = ({ bytes }: SignedOrder) => tagged('epoch-order', bytes)

function judge(facts: Facts, closed: KnownEpoch, { order, accepts }: EpochValue, report: Report): void {
  const message = signingBytes(EPOCH_ORDER.kind, facts.swarm, order.bytes)
  const signers = order.signatures
    .filter(({ signer, sig }) => !facts.isForged(sig) && facts.verify({ signer, message, sig }))
    .map(({ signer }) => signer)
  const count = (keys: readonly PeerId[]) => keys.filter((key) => signers.includes(key)).length
  const { operators, witnesses } = closed
  if (count(operators.keys) < operators.needed && count(witnesses) < quorumOf(witnesses.length))
    report('begins by an order that too few have signed')
  for (const peer of order.body.governance.witnesses) {
    if (witnesses.includes(peer)) continue
    const hasAccepted = accepts.some(
      ({ signer, body, bytes, sig }) =>
        signer === peer &&
        body.order === orderName(order) &&
        facts.verify({ signer, message: signingBytes(ACCEPT.kind, facts.swarm, bytes), sig }),
    )
    if (!hasAccepted) report(`adds ${peer}, who hasn't accepted`)
  }
}

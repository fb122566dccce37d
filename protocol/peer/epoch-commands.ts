import type { Signer } from '../crypto/signer.ts'
import type { SignatureCheck } from '../crypto/verifier.ts'
import { verifyStrict } from '../crypto/strict-ed25519.ts'
import { equalBytes } from '../encoding/bytes.ts'
import { encodeBody } from '../encoding/body.ts'
import { cosign, signTogether } from '../encoding/multi-signed.ts'
import { signingBytes } from '../encoding/signed.ts'
import type { Change } from '../epoch/change.ts'
import { draftFault, orderFault } from '../epoch/order.ts'
import { orderDigestOf, type SignedOrder } from '../epoch/value.ts'
import { type Digest, publicKeyOf, type SwarmId } from '../ids.ts'
import { EPOCH_ORDER } from '../swarm/governance.ts'
import type { Roster } from '../swarm/roster.ts'
import type { EpochCommand, EpochFault, EpochResult } from './epoch-command.ts'
import type { Outbox } from './outbox.ts'

const DETAILS: Readonly<Record<EpochFault, string>> = {
  order_out_of_time: 'the order is for another epoch than the next one',
  order_not_signed: 'too few operators, and no quorum of witnesses, have signed this order',
  order_out_of_range: 'an epoch has 1 to 64 witnesses, and every figure within its range',
  witnesses_not_ascending: 'witnesses are named in ascending order, each once',
  operator_twice: 'an operator is named twice',
  minter_twice: 'a minter is named twice',
  operators_needed_out_of_range: 'more operators are needed than are named',
  witness_unknown: 'a witness of the order is no member of the swarm',
  witness_revoked: 'a witness of the order has been revoked',
  rules_unknown: 'this program does not bring the rules that the order names',
  not_an_operator: 'this key is neither an operator nor a witness of the current epoch',
  no_order: 'no order names this peer as a witness of that epoch',
  order_superseded: 'another order was decided for this epoch',
}

type Verify = (check: SignatureCheck) => boolean

interface EpochCommandsParts {
  readonly signer: Signer
  readonly roster: Roster
  readonly rules: Digest
  readonly change: Change
  readonly verify: Verify | undefined
}

/** Requests of this peer's owner that concern the next epoch. */
export class EpochCommands {
  readonly #parts: EpochCommandsParts
  /** Orders whose decision somebody waits for, by the number of the command. */
  readonly #waiting = new Map<number, Digest>()

  constructor(parts: EpochCommandsParts) {
    this.#parts = parts
  }

  handle(out: Outbox, id: number, command: EpochCommand): void {
    switch (command.type) {
      case 'order-epoch':
        return this.#order(out, id, command.order)
      case 'sign-order':
        return this.#sign(out, id, command)
      case 'accept-epoch': {
        const isAgreed = this.#parts.change.agree(out, command.number)
        return isAgreed ? respond(out, id, { ok: true, type: 'accepted' }) : refuse(out, id, 'no_order')
      }
    }
  }

  /** An epoch has begun: whoever ordered this one, or another in its place, is told. */
  onDecided(out: Outbox, order: Digest): void {
    const { number } = this.#parts.roster.epoch
    for (const [id, waiting] of this.#waiting) {
      if (waiting === order) respond(out, id, { ok: true, type: 'epoch', number })
      else refuse(out, id, 'order_superseded')
    }
    this.#waiting.clear()
  }

  /** What a command brings was checked by nobody: its signatures are, before anything is done about it. */
  #order(out: Outbox, id: number, order: SignedOrder): void {
    const { roster, rules, change, verify = verifyStrictly } = this.#parts
    const fault =
      draftFault(order.body, roster, rules) ??
      orderFault(order, roster) ??
      (isGenuine(order, roster.swarm, verify) ? undefined : 'order_not_signed')
    if (fault !== undefined) return refuse(out, id, fault)
    this.#waiting.set(id, orderDigestOf(order))
    change.order(out, order)
  }

  #sign(out: Outbox, id: number, { body, signatures }: Extract<EpochCommand, { type: 'sign-order' }>): void {
    const { signer, roster, rules } = this.#parts
    const { governance, witnesses } = roster.epoch
    if (!governance.operators.keys.includes(signer.id) && !witnesses.includes(signer.id))
      return refuse(out, id, 'not_an_operator')
    const fault = draftFault(body, roster, rules)
    if (fault !== undefined) return refuse(out, id, fault)
    const mine = signTogether([signer], roster.swarm, EPOCH_ORDER, body)
    const unsigned = orderFault(mine, roster)
    if (unsigned !== undefined && unsigned !== 'order_not_signed') return refuse(out, id, unsigned)
    respond(out, id, { ok: true, type: 'order', order: cosign(mine, signatures) })
  }
}

/** Whether an order's bytes are its body's, and every signature is what it claims to be. */
function isGenuine({ body, bytes, signatures }: SignedOrder, swarm: SwarmId, verify: Verify): boolean {
  if (!equalBytes(bytes, encodeBody(EPOCH_ORDER.body, body))) return false
  const message = signingBytes(EPOCH_ORDER.kind, swarm, bytes)
  return isSorted(signatures) && signatures.every(({ signer, sig }) => verify({ signer, message, sig }))
}

function verifyStrictly({ signer, message, sig }: SignatureCheck): boolean {
  const key = publicKeyOf(signer)
  return key !== undefined && verifyStrict(key, message, sig)
}

function isSorted(signatures: SignedOrder['signatures']): boolean {
  return signatures.every(({ signer }, at) => at === 0 || (signatures[at - 1]?.signer ?? '') < signer)
}

function respond(out: Outbox, command: number, result: EpochResult): void {
  out.emit({ type: 'epoch-result', command, result })
}

function refuse(out: Outbox, command: number, code: EpochFault): void {
  respond(out, command, { ok: false, code, detail: DETAILS[code] })
}

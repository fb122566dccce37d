import type { Signer } from '../crypto/signer.ts'
import { cosign, signTogether } from '../encoding/multi-signed.ts'
import type { Change } from '../epoch/change.ts'
import { draftFault, orderFault } from '../epoch/order.ts'
import { isGenuine } from '../epoch/ordering.ts'
import { orderDigestOf, type SignedOrder } from '../epoch/value.ts'
import type { Digest } from '../ids.ts'
import { EPOCH_ORDER } from '../swarm/governance.ts'
import type { Roster } from '../swarm/roster.ts'
import { EPOCH_FAULTS, type EpochCommand, type EpochFault, type EpochResult } from './epoch-command.ts'
import type { Outbox } from './outbox.ts'

type Verify = Parameters<typeof isGenuine>[2]

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
        const fault = this.#parts.change.agree(out, command.number)
        return fault === undefined ? respond(out, id, { ok: true, type: 'accepted' }) : refuse(out, id, fault)
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
    const { roster, rules, change, verify } = this.#parts
    const fault =
      draftFault(order.body, roster, rules) ??
      orderFault(order, roster) ??
      (isGenuine(order, roster.swarm, verify) ? undefined : 'order_not_signed')
    if (fault !== undefined) return refuse(out, id, fault)
    this.#waiting.set(id, orderDigestOf(order))
    const replaced = change.order(out, order)
    if (replaced !== undefined) this.#giveUp(out, replaced, 'order_replaced')
  }

  /** Whoever waits for an order is told why nobody does any more. */
  #giveUp(out: Outbox, order: Digest, code: EpochFault): void {
    for (const [id, waiting] of this.#waiting) {
      if (waiting !== order) continue
      this.#waiting.delete(id)
      refuse(out, id, code)
    }
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

function respond(out: Outbox, command: number, result: EpochResult): void {
  out.emit({ type: 'epoch-result', command, result })
}

function refuse(out: Outbox, command: number, code: EpochFault): void {
  respond(out, command, { ok: false, code, detail: EPOCH_FAULTS[code] })
}

import type { Signer } from '../crypto/signer.ts'
import { signTogether } from '../encoding/multi-signed.ts'
import type { PeerId } from '../ids.ts'
import { OUTPUT_MIN, TIMES } from '../params.ts'
import { TestMinds } from '../peer/testing-minds.ts'
import { EPOCH_ORDER, type Governance } from '../swarm/governance.ts'
import { rosterOf } from '../swarm/live-roster.ts'
import { testCharter, testSigner } from '../ledger/testing-mind.ts'
import type { SignedOrder } from './value.ts'

/** For tests: seven peers, of whom the first mints and operates; `witnesses` of them witness from the beginning. */
export class TestEpochs {
  readonly signers: readonly Signer[] = [0, 1, 2, 3, 4, 5, 6].map(testSigner)
  readonly minds: TestMinds

  constructor(witnesses: number, count = 7) {
    const charter = testCharter(this.signers.slice(0, count), witnesses)
    this.minds = new TestMinds(rosterOf(charter), this.signers.slice(0, count))
  }

  signer(at: number): Signer {
    const signer = this.signers[at]
    if (signer === undefined) throw new RangeError(`there is no signer ${at}`)
    return signer
  }

  id(at: number): PeerId {
    return this.signer(at).id
  }

  view(at: number) {
    return this.minds.mindOf(this.id(at)).view
  }

  /** An order as the first peer, the operator, sees the epoch; `change` is what it changes besides the witnesses. */
  order(
    witnesses: readonly number[],
    change: Partial<Governance> = {},
    signers: readonly Signer[] = [this.signer(0)],
    by = 0,
  ): SignedOrder {
    const { roster } = this.view(by)
    const named = witnesses.map((at) => this.id(at)).sort()
    const governance = { ...roster.governance, witnesses: named, ...change }
    return signTogether(signers, roster.swarm, EPOCH_ORDER, { number: roster.epoch.number + 1, governance })
  }

  /** Orders an epoch through a peer and lets it be decided. */
  change(order: SignedOrder, by = 0, forMs = 10 * TIMES.retryMsMax): readonly unknown[] {
    const at = this.minds.changeEpoch(this.id(by), { type: 'order-epoch', order })
    if (at.length > 0) return at
    this.minds.pass(forMs)
    return [...this.minds.answers]
  }

  mint(to: number, amount = 100n * OUTPUT_MIN, by = 0): void {
    this.minds.command(this.id(by), { type: 'mint', to: this.id(to), amount, memo: '' })
    this.minds.pass(TIMES.nudgeMs)
  }

  pay(from: number, to: number, amount = OUTPUT_MIN): unknown {
    const result = this.minds.command(this.id(from), { type: 'transfer', to: this.id(to), amount, memo: '' })
    this.minds.pass(2 * TIMES.nudgeMs)
    return result
  }
}

const ALL = [0, 1, 2, 3, 4, 5, 6]

/** Throws unless everybody named has the same ledger under the same epoch, and no credit was made or lost. */
export function expectSame(epochs: TestEpochs, peers: readonly number[] = ALL): void {
  epochs.minds.pass(3 * TIMES.syncMs)
  const states = peers.map((at) => {
    const { ledgerRoot, roster, supply } = epochs.view(at)
    const { minted, free, unclaimed, escrowed, burnt } = supply()
    if (free + unclaimed + escrowed + burnt !== minted) throw new Error(`credits of peer ${at} don't add up`)
    return `${ledgerRoot()} ${roster.epoch.number} ${roster.epoch.decision}`
  })
  if (new Set(states).size !== 1) throw new Error(`peers differ: ${states.join(', ')}`)
}

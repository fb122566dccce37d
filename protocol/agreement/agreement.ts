import type { Signer } from '../crypto/signer.ts'
import { type InstanceId, instanceKindOf, type PeerId } from '../ids.ts'
import type { Message } from '../intake/message.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { StoredRecord } from '../records/record.ts'
import type { Roster } from '../swarm/roster.ts'
import type { FactServer } from '../sync/serve.ts'
import { type CarriedValue, type CarriedValues, carryingRules } from './carried.ts'
import type { InstanceRules } from './instance-rules.ts'
import { type Decision, noteEncoding } from './messages.ts'
import type { Standing } from './attempt.ts'
import { Proposer } from './proposer.ts'
import { Voter } from './voter.ts'
import type { WitnessDuty } from '../swarm/witness-duty.ts'

export interface AgreementOptions {
  readonly signer: Signer
  readonly roster: Roster
  readonly duty: WitnessDuty
  readonly rules: InstanceRules
  readonly serve: Pick<FactServer, 'entries'>
  readonly carried: CarriedValues
  readonly decided: (out: Outbox, decision: Decision, from: PeerId) => void
  /** Sends a peer the decision of an instance that is decided; false while it isn't. */
  readonly serveDecided: (out: Outbox, instance: InstanceId, to: PeerId) => boolean
  /** Sends a peer how the epochs behind this one began. */
  readonly serveEpochs: (out: Outbox, behind: number, to: PeerId) => void
}

type AgreementKind =
  | 'propose'
  | 'prepare'
  | 'prepared'
  | 'commit'
  | 'newview-request'
  | 'newview'
  | 'promised'
  | 'refusal'
  | 'decision'
export type AgreementMessage = Extract<Message, { kind: AgreementKind }>

/** What several parties may conclude (5): a voter and a proposer over one set of instances. */
export class Agreement {
  readonly #options: AgreementOptions
  readonly #voter: Voter
  readonly #proposer: Proposer

  constructor(options: AgreementOptions) {
    this.#options = options
    const { signer, roster, duty, serve, carried, decided } = options
    const rules = carryingRules(options.rules, carried, () => roster.epoch.witnesses[0])
    this.#voter = new Voter({ signer, roster, rules })
    this.#proposer = new Proposer({
      signer,
      roster,
      duty,
      rules,
      serve,
      isHalted: (instance) => this.#isHalted(instance),
      decided: (out, decision) => decided(out, decision, signer.id),
    })
  }

  restore(record: StoredRecord): void {
    this.#voter.restore(record)
    this.#proposer.restore(record)
  }

  onMessage(out: Outbox, message: AgreementMessage): void {
    switch (message.kind) {
      case 'propose':
        return this.#ask(out, message.body.proposal.body, message.from, () =>
          this.#voter.onPropose(out, message),
        )
      case 'prepared':
        return this.#ask(out, message.body.ballot, message.from, () => this.#voter.onPrepared(out, message))
      case 'newview-request':
        return this.#ask(out, message.body, message.from, () => this.#voter.onNewViewRequest(out, message))
      case 'prepare':
        return this.#proposer.onPrepare(out, message)
      case 'commit':
        return this.#proposer.onCommit(out, message)
      case 'promised':
        return this.#proposer.onPromised(out, message)
      case 'refusal':
        return this.#proposer.onRefusal(out, message)
      case 'decision':
        noteEncoding(message.body, message.bytes)
        return this.#options.decided(out, message.body, message.from)
      case 'newview':
        // A promise travels inside `promised`, with the value it carries; alone it asks for nothing.
        return undefined
    }
  }

  /** A proposer asks for a vote: one whose instance or epoch is over hears how it ended. */
  #ask(
    out: Outbox,
    { instance, epoch }: { readonly instance: InstanceId; readonly epoch: number },
    from: PeerId,
    answer: () => void,
  ): void {
    const { duty, roster, serveDecided, serveEpochs } = this.#options
    if (serveDecided(out, instance, from)) return
    if (epoch < roster.epoch.number) return serveEpochs(out, epoch, from)
    if (duty.active && !this.#isHalted(instance)) answer()
  }

  /** A stopped witness votes for nothing but the next epoch (5.6), and brings nothing else further. */
  #isHalted(instance: InstanceId): boolean {
    return this.#options.duty.stopped && instanceKindOf(instance) !== 'epoch'
  }

  /** Something changed for this instance: propose, judge again, or get ready for this witness's own round. */
  stir(out: Outbox, instance: InstanceId): void {
    if (this.#isHalted(instance)) return
    this.#voter.reconsider(out, instance)
    this.#proposer.advance(out, instance)
    this.#proposer.arm(out, instance, this.#standing(instance))
  }

  onTimer(out: Outbox, id: string): boolean {
    return this.#proposer.onTimer(out, id, (instance) => this.#standing(instance))
  }

  /** The instance is given up here, undecided; what this witness has voted it never forgets. */
  abandon(out: Outbox, instance: InstanceId): void {
    this.#voter.abandon(instance)
    this.#proposer.forget(out, instance)
  }

  /** The instance is decided. */
  forget(out: Outbox, instance: InstanceId): void {
    this.#voter.forget(out, instance)
    this.#proposer.forget(out, instance)
  }

  #standing(instance: InstanceId): Standing {
    return {
      promised: this.#voter.promised(instance),
      prepared: this.#voter.hasPrepared(instance),
      readyAt: (round, dueMs) => this.#voter.readyAt(instance, round, dueMs),
    }
  }

  /** What this witness must see in the handover: a value that it prepared, or that an earlier epoch's handover carried. */
  prepared(): readonly CarriedValue[] {
    const own = this.#voter
      .prepared()
      .filter(({ certificate }) => instanceKindOf(certificate.ballot.instance) !== 'epoch')
    const names = new Set(own.map(({ certificate }) => certificate.ballot.instance))
    const earlier = [...this.#options.carried.all()].filter(
      ({ certificate }) => !names.has(certificate.ballot.instance),
    )
    return [...own, ...earlier]
  }

  /** Highest round of an instance that this witness has taken part in. */
  promised(instance: InstanceId): number {
    return this.#voter.promised(instance)
  }

  /** A new epoch begins, in the batch that says so: nothing of the old one's rounds is left but what is carried. */
  beginEpoch(out: Outbox, carried: readonly CarriedValue[]): void {
    this.#voter.reset(out)
    this.#proposer.reset(out)
    this.#options.carried.replace(out, carried)
  }
}

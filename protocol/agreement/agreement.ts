import type { Signer } from '../crypto/signer.ts'
import type { InstanceId, PeerId } from '../ids.ts'
import type { Message } from '../intake/message.ts'
import type { Outbox } from '../peer/outbox.ts'
import type { StoredRecord } from '../records/record.ts'
import type { Roster } from '../swarm/roster.ts'
import type { FactServer } from '../sync/serve.ts'
import type { InstanceRules } from './instance-rules.ts'
import type { Decision } from './messages.ts'
import { Proposer, type Standing } from './proposer.ts'
import { Voter } from './voter.ts'
import type { WitnessDuty } from '../swarm/witness-duty.ts'

export interface AgreementOptions {
  readonly signer: Signer
  readonly roster: Roster
  readonly duty: WitnessDuty
  readonly rules: InstanceRules
  readonly serve: Pick<FactServer, 'entries'>
  readonly decided: (out: Outbox, decision: Decision, from: PeerId) => void
  /** Sends a peer the decision of an instance that is decided; false while it isn't. */
  readonly serveDecided: (out: Outbox, instance: InstanceId, to: PeerId) => boolean
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
    const { signer, roster, duty, rules, serve, decided } = options
    this.#voter = new Voter({ signer, roster, rules })
    this.#proposer = new Proposer({
      signer,
      roster,
      duty,
      rules,
      serve,
      decided: (out, decision) => decided(out, decision, signer.id),
    })
  }

  restore(record: StoredRecord): void {
    this.#voter.restore(record)
    this.#proposer.restore(record)
  }

  onMessage(out: Outbox, message: AgreementMessage): void {
    const { duty } = this.#options
    switch (message.kind) {
      case 'propose':
        if (this.#settled(out, message.body.proposal.body.instance, message.from)) return undefined
        return duty.active ? this.#voter.onPropose(out, message) : undefined
      case 'prepared':
        if (this.#settled(out, message.body.ballot.instance, message.from)) return undefined
        return duty.active ? this.#voter.onPrepared(out, message) : undefined
      case 'newview-request':
        if (this.#settled(out, message.body.instance, message.from)) return undefined
        return duty.active ? this.#voter.onNewViewRequest(out, message) : undefined
      case 'prepare':
        return this.#proposer.onPrepare(out, message)
      case 'commit':
        return this.#proposer.onCommit(out, message)
      case 'promised':
        return this.#proposer.onPromised(out, message)
      case 'refusal':
        return this.#proposer.onRefusal(out, message)
      case 'decision':
        return this.#options.decided(out, message.body, message.from)
      case 'newview':
        // A promise travels inside `promised`, with the value it carries; alone it asks for nothing.
        return undefined
    }
  }

  /** Something changed for this instance: propose, judge again, or get ready for this witness's own round. */
  stir(out: Outbox, instance: InstanceId): void {
    this.#voter.reconsider(out, instance)
    this.#proposer.advance(out, instance)
    this.#proposer.arm(out, instance, this.#standing(instance))
  }

  onTimer(out: Outbox, id: string): boolean {
    return this.#proposer.onTimer(out, id, (instance) => this.#standing(instance))
  }

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

  #settled(out: Outbox, instance: InstanceId, from: PeerId): boolean {
    return this.#options.serveDecided(out, instance, from)
  }
}

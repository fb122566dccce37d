import { decodeRecord, encodeBody } from '../encoding/body.ts'
import type { InstanceId } from '../ids.ts'
import type { Outbox } from '../peer/outbox.ts'
import { keys, PREFIXES } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { type ProposalRecord, proposalRecordCodec } from './ballot-record.ts'

/**
 * What this peer proposed last in each undecided instance. It is written before the proposal leaves, so that after a crash
 * it can only repeat the same one.
 */
export class OwnProposals {
  readonly #records = new Map<InstanceId, ProposalRecord>()

  restore(record: StoredRecord): void {
    if (!record.key.startsWith(PREFIXES.proposal)) return
    const proposed = decodeRecord(proposalRecordCodec, record.value, record.key)
    this.#records.set(proposed.instance, proposed)
  }

  get(instance: InstanceId): ProposalRecord | undefined {
    return this.#records.get(instance)
  }

  put(out: Outbox, record: ProposalRecord): void {
    this.#records.set(record.instance, record)
    out.write(keys.proposal(record.instance), encodeBody(proposalRecordCodec, record))
  }

  /** The instance is decided. */
  forget(out: Outbox, instance: InstanceId): void {
    if (this.#records.delete(instance)) out.write(keys.proposal(instance), null)
  }

  instances(): Iterable<InstanceId> {
    return this.#records.keys()
  }
}

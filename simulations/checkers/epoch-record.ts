import { decisionCodec } from '../../protocol/agreement/messages.ts'
import { decodeBody } from '../../protocol/encoding/body.ts'
import { TRUSTED } from '../../protocol/encoding/evidence.ts'
import type { PeerId } from '../../protocol/ids.ts'
import { PREFIXES } from '../../protocol/records/keys.ts'
import type { Write } from '../../protocol/records/record.ts'

/** What an epoch fixes, as far as checkers ask. */
export interface KnownEpoch {
  readonly number: number
  /** Ascending. */
  readonly witnesses: readonly PeerId[]
  readonly operators: { readonly keys: readonly PeerId[]; readonly needed: number }
  readonly minters: readonly PeerId[]
}

/** The epochs that a world has come to, read off the decisions that its peers write. */
export interface EpochRecord {
  of(number: number): KnownEpoch | undefined
  readonly newest: KnownEpoch
  note(writes: readonly Write[]): void
}

/** Whoever writes a later epoch first is believed: that others write the same is a checker's business. */
export function createEpochRecord(founding: KnownEpoch): EpochRecord {
  const epochs = [founding]
  return {
    of: (number) => epochs[number],
    get newest() {
      return epochs.at(-1) ?? founding
    },
    note(writes) {
      for (const { key, value } of writes) {
        if (value === null || !key.startsWith(PREFIXES.epochDecision)) continue
        const decision = decodeBody(decisionCodec, value, key, TRUSTED)
        if (decision.value.type !== 'epoch') continue
        const { number, governance } = decision.value.order.body
        if (number === epochs.length) epochs.push({ number, ...governance })
      }
    },
  }
}
